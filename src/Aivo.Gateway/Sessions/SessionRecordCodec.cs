using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Sessions;

/// <summary>Stored bytes that are no session record of this version. It never means that there is no session.</summary>
internal sealed class SessionRecordUnreadableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A record's stored form: compact JSON with fixed member order, times in Unix milliseconds. The same record is always the same bytes,
/// since the store compares them. The id is the key's, and not repeated.
/// </summary>
internal static partial class SessionRecordCodec
{
    private const int Version = 1;

    public static byte[] Encode(SessionRecord record) => JsonSerializer.SerializeToUtf8Bytes(
        new Stored(
            Version,
            record.User.Value,
            record.Tenant.Value,
            record.CreatedAt.ToUnixTimeMilliseconds(),
            record.AbsoluteEnd.ToUnixTimeMilliseconds(),
            ToStored(record.Live),
            [.. record.Earlier.Select(ToStored)],
            record.Client.DeviceName,
            record.Client.Address,
            record.Client.UserAgent,
            record.End is { } end ? new StoredEnd(end.Reason.Word(), end.At.ToUnixTimeMilliseconds()) : null,
            record.Adopted is { } adopted ? new StoredAdoption(adopted.Number, adopted.At.ToUnixTimeMilliseconds()) : null,
            record.SharedLeaves is 0 ? null : record.SharedLeaves),
        StoredContext.Default.Stored);

    /// <summary>As <see cref="Decode"/>, for what a store holds under an id.</summary>
    /// <param name="bytes">Null where nothing is stored: then the record is null, and that is an answer.</param>
    /// <returns>False when the bytes cannot be read: neither "no session" nor a session.</returns>
    public static bool TryDecode(
        SessionId id, byte[]? bytes, out SessionRecord? record, [NotNullWhen(false)] out SessionRecordUnreadableException? reason)
    {
        (record, reason) = (null, null);
        try
        {
            record = bytes is null ? null : Decode(id, bytes);
            return true;
        }
        catch (SessionRecordUnreadableException exception)
        {
            reason = exception;
            return false;
        }
    }

    /// <exception cref="SessionRecordUnreadableException">The bytes are damaged, or written by a release that knows more.</exception>
    public static SessionRecord Decode(SessionId id, ReadOnlySpan<byte> bytes)
    {
        try
        {
            Stored stored = JsonSerializer.Deserialize(bytes, StoredContext.Default.Stored) ?? throw new SessionRecordUnreadableException("It is null.");
            if (stored.Version != Version)
            {
                throw new SessionRecordUnreadableException($"Its version is {stored.Version}.");
            }

            return new SessionRecord(
                id,
                new UserId(stored.User),
                new TenantId(stored.Tenant),
                Time(stored.Created),
                Time(stored.AbsoluteEnd),
                FromStored(stored.Live),
                [.. stored.Earlier.Select(FromStored)],
                new SessionClient(stored.DeviceName, stored.Address, stored.UserAgent),
                stored.End is { } end ? new SessionEnd(Reason(end.Reason), Time(end.At)) : null)
            {
                Adopted = stored.Adopted is { } adopted ? new Adoption(adopted.Number, Time(adopted.At)) : null,
                SharedLeaves = stored.SharedLeaves ?? 0,
            };
        }
        catch (Exception exception) when (exception is JsonException or ArgumentOutOfRangeException)
        {
            throw new SessionRecordUnreadableException("It is not the JSON of a record.", exception);
        }
    }

    private static StoredLeaf ToStored(Leaf leaf) =>
        new(leaf.Number, leaf.Label, leaf.Issued.ToUnixTimeMilliseconds(), leaf.KeyId, leaf.FirstUsed?.ToUnixTimeMilliseconds(), leaf.HandedTo.Text, leaf.Shared ? true : null);

    private static Leaf FromStored(StoredLeaf leaf) => leaf is { Number: > 0, Label.Length: > 0 }
        ? new Leaf(leaf.Number, leaf.Label, Time(leaf.Issued), leaf.FirstUsed is { } used ? Time(used) : null, leaf.KeyId, new ClientFingerprint(leaf.HandedTo))
        {
            Shared = leaf.Shared ?? false,
        }
        : throw new SessionRecordUnreadableException("It has a leaf without number or label.");

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static EndReason Reason(string name) =>
        Enum.GetValues<EndReason>() is var reasons && Array.FindIndex(reasons, reason => reason.Word() == name) is >= 0 and var index
            ? reasons[index]
            : throw new SessionRecordUnreadableException("It ended for a reason that this release does not know.");

    private sealed record Stored(
        [property: JsonPropertyName("v")] int Version,
        [property: JsonPropertyName("user")] Guid User,
        [property: JsonPropertyName("tenant")] Guid Tenant,
        [property: JsonPropertyName("created")] long Created,
        [property: JsonPropertyName("until")] long AbsoluteEnd,
        [property: JsonPropertyName("live")] StoredLeaf Live,
        [property: JsonPropertyName("earlier")] ImmutableArray<StoredLeaf> Earlier,
        [property: JsonPropertyName("device")] string? DeviceName = null,
        [property: JsonPropertyName("address")] string? Address = null,
        [property: JsonPropertyName("agent")] string? UserAgent = null,
        [property: JsonPropertyName("end")] StoredEnd? End = null,
        [property: JsonPropertyName("adopted")] StoredAdoption? Adopted = null,
        [property: JsonPropertyName("shared")] int? SharedLeaves = null);

    private sealed record StoredLeaf(
        [property: JsonPropertyName("n")] int Number,
        [property: JsonPropertyName("label")] string Label,
        [property: JsonPropertyName("issued")] long Issued,
        [property: JsonPropertyName("kid")] string KeyId,
        [property: JsonPropertyName("used")] long? FirstUsed = null,
        [property: JsonPropertyName("to")] string? HandedTo = null,
        [property: JsonPropertyName("shared")] bool? Shared = null);

    private sealed record StoredAdoption(
        [property: JsonPropertyName("n")] int Number,
        [property: JsonPropertyName("at")] long At);

    private sealed record StoredEnd(
        [property: JsonPropertyName("reason")] string Reason,
        [property: JsonPropertyName("at")] long At);

    // An unknown member is refused: to write the record back without it would lose what a later release had stored.
    [JsonSourceGenerationOptions(
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(Stored))]
    private sealed partial class StoredContext : JsonSerializerContext;
}
