namespace Aivo.Gateway.Primitives;

/// <summary>A place in the revocation log. A raise of a user's epoch is one of its numbers, so what came first can be told without a clock.</summary>
/// <param name="Epoch">Names the data set; positions of two data sets cannot be compared.</param>
/// <param name="Number">Everything up to this number had happened when the position was read.</param>
internal sealed record LogPosition(string Epoch, long Number);
