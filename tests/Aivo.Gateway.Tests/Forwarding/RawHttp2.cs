using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>One HTTP/2 request with exactly the given fields, as no client library would send them.</summary>
internal static class RawHttp2
{
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;

    /// <summary>The status answered; 0 where the stream was reset or the connection closed instead.</summary>
    public static async Task<int> SendAsync(int port, params (string Name, string Value)[] fields)
    {
        using var client = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await client.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), deadline.Token);
        await stream.WriteAsync(Frame(Settings, 0, 0, []), deadline.Token);
        // END_STREAM and END_HEADERS, on stream 1.
        await stream.WriteAsync(Frame(Headers, 0x5, 1, [.. fields.SelectMany(Field)]), deadline.Token);
        byte[] head = new byte[9];
        while (await stream.ReadAtLeastAsync(head, 9, throwOnEndOfStream: false, deadline.Token) == 9)
        {
            byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
            await stream.ReadExactlyAsync(payload, deadline.Token);
            switch (head[3])
            {
                case Headers: return Status(payload);
                case ResetStream or GoAway: return 0;
            }
        }

        return 0;
    }

    private static byte[] Frame(byte kind, byte flags, int streamId, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = kind;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>RFC 7541 section 6.2.2: a literal without indexing, the name in full, no Huffman code.</summary>
    private static IEnumerable<byte> Field((string Name, string Value) field) => [0, .. Literal(field.Name), .. Literal(field.Value)];

    private static byte[] Literal(string text)
    {
        Assert.InRange(text.Length, 0, 126);
        return [(byte)text.Length, .. Encoding.Latin1.GetBytes(text)];
    }

    /// <summary>Reads the first field of a header block, which is the status: from the static table, or a literal under its name.</summary>
    private static int Status(byte[] block)
    {
        int at = 0;
        while ((block[at] & 0xE0) == 0x20)
        {
            at++;
        }

        return block[at] switch
        {
            0x88 => 200,
            0x89 => 204,
            0x8A => 206,
            0x8B => 304,
            0x8C => 400,
            0x8D => 404,
            0x8E => 500,
            _ => int.Parse(Encoding.ASCII.GetString(block, at + 2, 3), System.Globalization.CultureInfo.InvariantCulture),
        };
    }
}
