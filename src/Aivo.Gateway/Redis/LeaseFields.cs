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
    /// <exception cref="FormatException">A field that this release cannot read: leaving it out would leave a node out of account.</exception>
    public static ImmutableArray<LeaseField> Read(RedisResult hash)
    {
        var flat = (string[])hash!;
        var fields = ImmutableArray.CreateBuilder<LeaseField>(flat.Length / 2);
        for (int i = 0; i + 1 < flat.Length; i += 2)
        {
            int colon = flat[i + 1].IndexOf(':', StringComparison.Ordinal);
            fields.Add(new LeaseField(
                flat[i],
                long.Parse(flat[i + 1].AsSpan(0, Math.Max(colon, 0)), NumberStyles.None, CultureInfo.InvariantCulture),
                long.Parse(flat[i + 1].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture)));
        }

        return fields.MoveToImmutable();
    }
}
