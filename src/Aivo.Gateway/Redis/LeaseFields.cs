using System.Collections.Immutable;
using System.Globalization;
using Aivo.Gateway.Primitives;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>The text form of lease fields: a node's id, and <c>sequence:applied</c>.</summary>
internal static class LeaseFields
{
    public static string Write(LeaseField field) => string.Create(CultureInfo.InvariantCulture, $"{field.Sequence}:{field.Applied}");

    /// <summary>Reads a whole hash, or the empty list that stands for none.</summary>
    /// <exception cref="StoreUnavailableException">
    /// A field that this release cannot read: leaving it out would leave a node out of account.
    /// </exception>
    public static ImmutableArray<LeaseField> Read(RedisResult hash)
    {
        var flat = (string[])hash!;
        var fields = ImmutableArray.CreateBuilder<LeaseField>(flat.Length / 2);
        for (int i = 0; i + 1 < flat.Length; i += 2)
        {
            ReadOnlySpan<char> text = flat[i + 1];
            int colon = text.IndexOf(':');
            if (colon < 0
                || !long.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence)
                || !long.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long applied))
            {
                throw new StoreUnavailableException("revocations", null);
            }

            fields.Add(new LeaseField(flat[i], sequence, applied));
        }

        return fields.MoveToImmutable();
    }
}
