using System.Collections.Immutable;
using System.Net;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>One step of a session's life: it stands for a pair of tokens. All times are the store's, in whole milliseconds.</summary>
/// <param name="Number">Grows by one with every leaf ever made in the session; the first is 1.</param>
/// <param name="FirstUsed">When a token of it was first presented, or seen at work; null while none was.</param>
/// <param name="KeyId">The key under which its refresh token is sealed: it stays, whatever key is active later.</param>
/// <param name="HandedTo">The client that got it first.</param>
internal sealed record Leaf(
    int Number, string Label, DateTimeOffset Issued, DateTimeOffset? FirstUsed, string KeyId, ClientFingerprint HandedTo = default)
{
    /// <summary>Whether another client got it as well.</summary>
    public bool Shared { get; init; }
}

/// <summary>That the store had lost writes, noticed by a token above its live leaf.</summary>
/// <param name="Number">The adopted leaf's.</param>
internal sealed record Adoption(int Number, DateTimeOffset At);

/// <summary>Why a session ended. The stored form is its <see cref="OutcomeWords"/>.</summary>
internal enum EndReason
{
    /// <summary>The user asked for it with the session's own token.</summary>
    Logout,

    /// <summary>The user ended all other sessions.</summary>
    LogoutOthers,

    /// <summary>The user ended all sessions.</summary>
    LogoutAll,

    /// <summary>The user ended this one from the list of sessions.</summary>
    Removed,

    /// <summary>The user began more sessions than <c>Sessions:MaxPerUser</c>, and this was the oldest.</summary>
    TooManySessions,

    /// <summary>At a refresh the user was no longer active, or gone.</summary>
    UserInactive,

    /// <summary>An administrator disabled the user.</summary>
    UserDisabled,

    /// <summary>An administrator ended the session, or all of its user's.</summary>
    Administrator,

    /// <summary>An administrator ended all sessions of the tenant.</summary>
    TenantEnded,

    /// <summary>A refresh token was presented that no honest client could have sent (RFC 9700, section 4.14.2).</summary>
    Theft,

    /// <summary>One token was in use by too many clients, and the configuration says that this ends the session.</summary>
    SharedToken,

    /// <summary>A node knew it as revoked while the store held it as alive: the store had lost the end, and its reason with it.</summary>
    Revoked,
}

/// <summary>The end of a session; never changed once it is there.</summary>
internal sealed record SessionEnd(EndReason Reason, DateTimeOffset At);

/// <summary>
/// Who logged in, as far as the client says. What is longer than the bound is cut: the text is for people only, and a record is
/// written at every refresh.
/// </summary>
internal sealed record SessionClient(string? DeviceName, string? Address, string? UserAgent)
{
    public const int MostDeviceNameChars = 128;
    public const int MostAddressChars = 64;
    public const int MostUserAgentChars = 256;

    public string? DeviceName { get; } = Cut(DeviceName, MostDeviceNameChars);

    public string? Address { get; } = Cut(Address, MostAddressChars);

    public string? UserAgent { get; } = Cut(UserAgent, MostUserAgentChars);

    public ClientFingerprint Fingerprint => ClientFingerprint.Of(IPAddress.TryParse(Address, out IPAddress? address) ? address : null, UserAgent);

    private static string? Cut(string? text, int most)
    {
        if (text is null || text.Length <= most)
        {
            return text;
        }

        // Half a surrogate pair cannot be written as UTF-8.
        return text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }
}

/// <summary>
/// A session as the store holds it: exactly one live leaf, or an end (then it is a tombstone, and the live leaf is only the last one).
/// It holds labels and no token: without the key of the refresh tokens nothing can be made from it (SR-54).
/// </summary>
/// <param name="Tenant">The user's tenant, as read at the last refresh.</param>
/// <param name="AbsoluteEnd">Fixed at the login; no refresh and no setting moves it (SR-52).</param>
/// <param name="Earlier">Leaves used a short time ago, oldest first.</param>
internal sealed record SessionRecord(
    SessionId Id,
    UserId User,
    TenantId Tenant,
    DateTimeOffset CreatedAt,
    DateTimeOffset AbsoluteEnd,
    Leaf Live,
    ImmutableArray<Leaf> Earlier,
    SessionClient Client,
    SessionEnd? End)
{
    /// <summary>The last adoption; null while the store has lost nothing that anybody noticed.</summary>
    public Adoption? Adopted { get; init; }

    /// <summary>How many leaves two clients got.</summary>
    public int SharedLeaves { get; init; }
}
