using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// Reads a TCP connection with the kernel's own time of arrival (SO_TIMESTAMPNS, socket(7)), so that a reader that gets no processor for a
/// while does not make a request look later than it was. Blocking.
/// </summary>
internal sealed class TimedSocket : IDisposable
{
    private const int TimestampNanoseconds = 35;

    private const int ControlHeader = 16;

    private static readonly TimeSpan CloseTogether = TimeSpan.FromMicroseconds(20);

    private readonly Socket _socket;
    private readonly byte[] _control = GC.AllocateArray<byte>(64, pinned: true);
    private readonly nint[] _vector = GC.AllocateArray<nint>(2, pinned: true);

    public TimedSocket(Socket socket)
    {
        _socket = socket;
        Enable(socket);
    }

    /// <summary>For the listener too: what arrives before the connection is accepted has a time then.</summary>
    public static void Enable(Socket socket)
    {
        Span<byte> on = [1, 0, 0, 0];
        socket.SetRawSocketOption(1, TimestampNanoseconds, on);
    }

    /// <param name="buffer">Pinned.</param>
    /// <param name="receivedAt">On the monotonic clock: when the last of the bytes were here.</param>
    public int Receive(byte[] buffer, int offset, out long receivedAt)
    {
        _vector[0] = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, offset);
        _vector[1] = buffer.Length - offset;
        var message = new Message
        {
            Vector = Marshal.UnsafeAddrOfPinnedArrayElement(_vector, 0),
            VectorLength = 1,
            Control = Marshal.UnsafeAddrOfPinnedArrayElement(_control, 0),
            ControlLength = _control.Length,
        };
        int count = (int)ReceiveMessage(_socket.Handle, ref message, 0);
        (long now, DateTimeOffset wall) = BothClocks();
        receivedAt = now;
        if (count > 0)
        {
            Assert.True(message.ControlLength >= ControlHeader + 16, "the kernel told no time of arrival");
            long seconds = BinaryPrimitives.ReadInt64LittleEndian(_control.AsSpan(ControlHeader));
            long nanoseconds = BinaryPrimitives.ReadInt64LittleEndian(_control.AsSpan(ControlHeader + 8));
            TimeSpan ago = wall - DateTimeOffset.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / 100));
            receivedAt -= (long)(ago.TotalSeconds * TimeProvider.System.TimestampFrequency);
        }

        return count;
    }

    public void Send(byte[] bytes) => _socket.Send(bytes);

    public void Dispose() => _socket.Dispose();

    /// <summary>Read so close to each other that no other thread came between.</summary>
    private static (long Monotonic, DateTimeOffset Wall) BothClocks()
    {
        while (true)
        {
            long before = TimeProvider.System.GetTimestamp();
            DateTimeOffset wall = TimeProvider.System.GetUtcNow();
            if (TimeProvider.System.GetElapsedTime(before) < CloseTogether)
            {
                return (before, wall);
            }
        }
    }

    [DllImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static extern nint ReceiveMessage(nint socket, ref Message message, int flags);

    /// <summary>struct msghdr on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public nint Name;
        public nint NameLength;
        public nint Vector;
        public nint VectorLength;
        public nint Control;
        public nint ControlLength;
        public nint Flags;
    }
}
