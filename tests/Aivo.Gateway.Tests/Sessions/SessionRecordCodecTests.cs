using System.Text;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using CsCheck;
using static Aivo.Gateway.Tests.Sessions.SessionSamples;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class SessionRecordCodecTests
{
    private const string Stored =
        """
        {"v":1,"user":"7d0a4c0e-54c4-4b0c-8f3f-0d9a4f7a9f10","tenant":"1b7e0f0a-4b1f-4a55-9a39-6c1b7b0f4a21","created":1936000000123,"until":1938592000123,"live":{"n":2,"label":"BBBB","issued":1936000060123,"kid":"key-2"},"earlier":[{"n":1,"label":"AAAA","issued":1936000000123,"kid":"key-1","used":1936000060123}],"device":"tablet","address":"203.0.113.9","agent":"Browser/1.0","end":{"reason":"logout","at":1936000120123}}
        """;

    private static readonly SessionId Id = SessionId.Create(0);

    private static readonly Gen<string?> Text = Gen.String.Null();

    private static readonly Gen<DateTimeOffset> Time = Gen.Long[0, 4_000_000_000_000].Select(DateTimeOffset.FromUnixTimeMilliseconds);

    private static readonly Gen<Leaf> GenLeaf = Gen.Select(Gen.Int[1, int.MaxValue], Gen.Int, Time, Time.Nullable())
        .Select((number, label, issued, used) => new Leaf(
            number, LeafLabels.Child("", label), issued, used, "key", label % 2 == 0 ? default : new ClientFingerprint($"203.0.113.0/24 {label:x8}"))
        {
            Shared = label % 3 == 0,
        });

    private static readonly Gen<SessionRecord> GenRecord = Gen.Select(
        Gen.Guid, Time, GenLeaf, GenLeaf.Array[0, 16], Gen.Select(Text, Text, Text), Gen.Select(Gen.Enum<EndReason>(), Time).Nullable())
        .Select((user, time, live, earlier, client, end) => new SessionRecord(
            Id, new UserId(user), Tenant, time, time.AddDays(30), live, [.. earlier], new SessionClient(client.Item1, client.Item2, client.Item3),
            end is { } given ? new SessionEnd(given.Item1, given.Item2) : null)
        {
            Adopted = earlier.Length % 2 == 0 ? null : new Adoption(earlier.Length, time),
            SharedLeaves = earlier.Length / 2,
        });

    [Fact]
    public void AnyRecord_ComesBackAsItWas_AndIsAlwaysTheSameBytes() => GenRecord.Sample(record =>
    {
        byte[] bytes = SessionRecordCodec.Encode(record);
        SessionRecord back = SessionRecordCodec.Decode(Id, bytes);

        Assert.Equal(bytes, SessionRecordCodec.Encode(back));
        Assert.Equal(record.Live, back.Live);
        Assert.Equal(record.Earlier, back.Earlier);
        Assert.Equal(record.End, back.End);
        Assert.Equal(record with { Earlier = [], Client = Client }, back with { Earlier = [], Client = Client });
    });

    /// <summary>The stored form of the first release: later ones must go on reading it.</summary>
    [Fact]
    public void StoredForm_IsReadAndWrittenExactly()
    {
        SessionRecord record = SessionRecordCodec.Decode(Id, Encoding.UTF8.GetBytes(Stored));

        Assert.Equal(Stored, Encoding.UTF8.GetString(SessionRecordCodec.Encode(record)));
        Assert.Equal(2, record.Live.Number);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1936000060123), Assert.Single(record.Earlier).FirstUsed);
        Assert.Equal(EndReason.Logout, record.End!.Reason);
    }

    /// <summary>What a leaf and a record may say beside that; a record without it is the first release's.</summary>
    [Fact]
    public void WhatTheRulesAdded_IsReadAndWrittenExactly()
    {
        string stored = Stored
            .Replace("\"kid\":\"key-2\"", "\"kid\":\"key-2\",\"to\":\"203.0.113.0/24 5f1d2c3b\",\"shared\":true", StringComparison.Ordinal)
            .Replace("\"at\":1936000120123}}", "\"at\":1936000120123},\"adopted\":{\"n\":1,\"at\":1936000060123},\"shared\":2}", StringComparison.Ordinal);

        SessionRecord record = SessionRecordCodec.Decode(Id, Encoding.UTF8.GetBytes(stored));

        Assert.Equal(stored, Encoding.UTF8.GetString(SessionRecordCodec.Encode(record)));
        Assert.Equal((new ClientFingerprint("203.0.113.0/24 5f1d2c3b"), true), (record.Live.HandedTo, record.Live.Shared));
        Assert.Equal((1, 2), (record.Adopted!.Number, record.SharedLeaves));
        SessionRecord first = SessionRecordCodec.Decode(Id, Encoding.UTF8.GetBytes(Stored));
        Assert.Equal((ClientFingerprint.None, false, null, 0), (first.Live.HandedTo, first.Live.Shared, first.Adopted, first.SharedLeaves));
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "\"v\":1", "\"v\":2" },
        { "\"v\":1,", "" },
        { "\"v\":1,", "\"v\":1,\"v\":1," },
        { "\"v\":1,", "\"v\":1,\"later\":true," },
        { "\"v\":1,", "\"V\":1," },
        { "\"user\":\"7d", "\"user\":\"zz" },
        { "\"created\":1936000000123", "\"created\":\"1936000000123\"" },
        { "\"until\":1938592000123", "\"until\":9223372036854775807" },
        { "\"until\":1938592000123,", "" },
        { "\"n\":2", "\"n\":0" },
        { "\"label\":\"BBBB\"", "\"label\":\"\"" },
        { "\"label\":\"BBBB\"", "\"label\":null" },
        { "\"kid\":\"key-2\"", "\"kid\":7" },
        { "{\"n\":1,", "null,{\"n\":1," },
        { "\"earlier\":[", "\"earlier\":null,\"x\":[" },
        { "\"reason\":\"logout\"", "\"reason\":\"of a later release\"" },
        { "\"reason\":\"logout\",", "" },
        { ",\"at\":1936000120123}}", "" },
        { ",\"at\":1936000120123}}", ",\"at\":1936000120123}}x" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void DamagedRecord_IsUnreadable(string part, string instead)
    {
        Assert.Contains(part, Stored, StringComparison.Ordinal);
        string damaged = Stored.Replace(part, instead, StringComparison.Ordinal);

        Assert.Throws<SessionRecordUnreadableException>(() => SessionRecordCodec.Decode(Id, Encoding.UTF8.GetBytes(damaged)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\u0000")]
    public void BytesThatAreNoRecord_AreUnreadable(string text) =>
        Assert.Throws<SessionRecordUnreadableException>(() => SessionRecordCodec.Decode(Id, Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void EveryTruncation_IsUnreadable()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Stored);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<SessionRecordUnreadableException>(() => SessionRecordCodec.Decode(Id, bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void ClientTexts_AreBounded_AndNeverCutInsideACharacter()
    {
        var client = new SessionClient(new string('d', 500), new string('a', 500), new string('u', 255) + "😀");

        Assert.Equal(SessionClient.MostDeviceNameChars, client.DeviceName!.Length);
        Assert.Equal(SessionClient.MostAddressChars, client.Address!.Length);
        Assert.Equal(new string('u', 255), client.UserAgent);
    }

    /// <summary>Every refresh sends the record twice.</summary>
    [Fact]
    public void LargestRecord_StaysUnderFiveKilobytes()
    {
        SessionRecord record = NewRecord() with { Client = new SessionClient(new string('é', 500), new string('é', 500), new string('é', 500)) };
        for (int i = 0; i < 40; i++)
        {
            record = SessionLifecycle.Refresh(record, TokenOf(record), Noon, Options, "0123456789abcdef", Retention).Record!;
        }

        Assert.InRange(SessionRecordCodec.Encode(record).Length, 3000, 5000);
    }
}
