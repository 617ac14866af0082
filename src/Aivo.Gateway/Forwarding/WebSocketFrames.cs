using System.Buffers.Binary;
using System.Text;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Follows the frames of one direction of a WebSocket (RFC 6455, section 5.2) without looking at what they carry, to know where one ends:
/// only there may another be put in. Takes the bytes in pieces of any size.
/// </summary>
internal struct WebSocketFrames
{
    private const int CloseOpcode = 8;

    private int _headerRead;
    private int _headerLength;
    private int _lengthBytes;
    private int _opcode;
    private ulong _length;
    private ulong _payloadLeft;

    /// <summary>Whether the next byte begins a frame.</summary>
    public readonly bool AtBoundary => _headerRead == 0 && _payloadLeft == 0;

    /// <summary>Whether a close frame has passed: nothing may follow it.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>An unmasked close frame, as a server sends it (RFC 6455, section 5.5.1).</summary>
    public static byte[] Close(ushort status, string reason)
    {
        byte[] frame = new byte[4 + Encoding.ASCII.GetByteCount(reason)];
        frame[0] = 0x88;
        frame[1] = (byte)(frame.Length - 2);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), status);
        Encoding.ASCII.GetBytes(reason, frame.AsSpan(4));
        return frame;
    }

    /// <summary>Takes all bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[ReadFrame(bytes)..];
        }
    }

    /// <summary>Takes the bytes that belong to the frame that has begun; returns how many those are: 0 at a boundary.</summary>
    public int ReadRest(ReadOnlySpan<byte> bytes) => AtBoundary ? 0 : ReadFrame(bytes);

    private int ReadFrame(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            if (_payloadLeft > 0)
            {
                int taken = (int)Math.Min(_payloadLeft, (ulong)(bytes.Length - at));
                _payloadLeft -= (ulong)taken;
                at += taken;
            }
            else
            {
                ReadHeader(bytes[at++]);
            }

            if (AtBoundary)
            {
                IsClosed |= _opcode == CloseOpcode;
                break;
            }
        }

        return at;
    }

    private void ReadHeader(byte next)
    {
        if (_headerRead == 0)
        {
            (_opcode, _headerLength) = (next & 0x0F, 2);
        }
        else if (_headerRead == 1)
        {
            int length = next & 0x7F;
            _lengthBytes = length switch { 126 => 2, 127 => 8, _ => 0 };
            _headerLength = 2 + _lengthBytes + ((next & 0x80) == 0 ? 0 : 4);
            _length = _lengthBytes == 0 ? (ulong)length : 0;
        }
        else if (_headerRead < 2 + _lengthBytes)
        {
            _length = (_length << 8) | next;
        }

        if (++_headerRead == _headerLength)
        {
            (_headerRead, _payloadLeft) = (0, _length);
        }
    }
}
