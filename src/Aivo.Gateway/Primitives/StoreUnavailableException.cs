namespace Aivo.Gateway.Primitives;

/// <summary>
/// A store (Redis, the user directory) could not be reached, or did not answer in time. The answer is 503: it says nothing about the
/// caller's tokens, and it never means "allow".
/// </summary>
internal sealed class StoreUnavailableException : Exception
{
    public StoreUnavailableException(string store, Exception? inner)
        : base($"The store '{store}' is not available.", inner) => Store = store;

    /// <summary>Which store: <c>redis</c>, <c>sessions</c> (a record that cannot be decided on) or <c>users</c>.</summary>
    public string Store { get; }
}
