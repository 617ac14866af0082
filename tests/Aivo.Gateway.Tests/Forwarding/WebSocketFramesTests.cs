using System.Buffers.Binary;
using Aivo.Gateway.Forwarding;
using CsCheck;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>Where frames end is found whatever the pieces are in which their bytes come.</summary>
public sealed class WebSocketFramesTests
{
    private sealed record Frame(int Opcode, bool Masked, int Length, bool Final, int LengthBytes)
    {
        public byte[] Bytes
        {
            get
            {
                List<byte> bytes = [(byte)((Final ? 0x80 : 0) | Opcode)];
                byte mask = (byte)(Masked ? 0x80 : 0);
                byte[] eight = new byte[8];
                BinaryPrimitives.WriteUInt64BigEndian(eight, (ulong)Length);
                bytes.Add((byte)(mask | (LengthBytes switch { 0 => Length, 2 => 126, _ => 127 })));
                bytes.AddRange(eight[(8 - LengthBytes)..]);
                bytes.AddRange(Masked ? [0x88, 0x00, 0x88, 0x7F] : []);
                // What is carried looks like headers of close frames.
                bytes.AddRange(Enumerable.Repeat((byte)0x88, Length));
                return [.. bytes];
            }
        }
    }

    private static readonly Gen<Frame> AnyFrame =
        from opcode in OneOf(0, 1, 2, 9, 10)
        from masked in Gen.Bool
        from final in Gen.Bool
        from length in Gen.OneOf(Gen.Int[0, 125], OneOf(0, 1, 125, 126, 127, 65535, 65536), Gen.Int[126, 400])
        from wide in Gen.Bool
        select new Frame(opcode, masked, length, final, length > 65535 || wide ? 8 : length > 125 ? 2 : 0);

    private static readonly Gen<(Frame[] Frames, int[] Sizes)> Stream = Gen.Select(AnyFrame.Array[1, 6], Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, 70_000]).Array[1, 12]);

    private static Gen<int> OneOf(params int[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    [Fact]
    public void Boundaries_AreFound_HoweverTheBytesAreSplit() => Stream.Sample(stream =>
    {
        byte[] bytes = [.. stream.Frames.SelectMany(frame => frame.Bytes)];
        HashSet<int> ends = [0];
        foreach (Frame frame in stream.Frames)
        {
            ends.Add(ends.Max() + frame.Bytes.Length);
        }

        var frames = new WebSocketFrames();
        int at = 0;
        for (int piece = 0; at < bytes.Length; piece++)
        {
            int size = Math.Min(stream.Sizes[piece % stream.Sizes.Length], bytes.Length - at);
            frames.Read(bytes.AsSpan(at, size));
            at += size;
            Assert.Equal(ends.Contains(at), frames.AtBoundary);
            Assert.False(frames.IsClosed);
        }
    });

    [Fact]
    public void RestOfAFrame_EndsExactlyWhereItEnds() => Gen.Select(Stream, Gen.Int[0, 200_000]).Sample((stream, cut) =>
    {
        byte[] bytes = [.. stream.Frames.SelectMany(frame => frame.Bytes)];
        int at = cut % (bytes.Length + 1);
        var frames = new WebSocketFrames();
        frames.Read(bytes.AsSpan(0, at));
        int expected = 0;
        foreach (Frame frame in stream.Frames)
        {
            if (expected < at)
            {
                expected += frame.Bytes.Length;
            }
        }

        Assert.Equal(expected - at, frames.ReadRest(bytes.AsSpan(at)));
        Assert.True(frames.AtBoundary);
        Assert.Equal(0, frames.ReadRest(bytes.AsSpan(expected)));
    });

    [Fact]
    public void CloseFrame_IsSeen_WhenItIsWhole()
    {
        var frames = new WebSocketFrames();
        frames.Read([0x81, 0x01, 0x88, 0x88, 0x02, 0x03]);
        Assert.False(frames.IsClosed);

        frames.Read([0xE8]);

        Assert.True(frames.IsClosed);
        Assert.True(frames.AtBoundary);
    }
}
