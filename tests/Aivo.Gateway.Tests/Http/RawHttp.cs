using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Aivo.Gateway.Tests.Http;

/// <summary>An answer as it came over the socket. Header names are compared without case.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, string Body)
{
    public string? Header(string name) =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();
}

/// <summary>Writes requests byte by byte, where a client library would tidy them.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Sends a GET with a plain <c>Host</c>.</summary>
    public static Task<RawAnswer> GetAsync(int port, string target, params string[] headers) =>
        SendAsync(port, $"GET {target} HTTP/1.1\r\nHost: localhost\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    /// <summary>Sends the text as it stands (Latin-1) and reads one answer.</summary>
    public static async Task<RawAnswer> SendAsync(int port, string request)
    {
        using var client = new TcpClient();
        using var deadline = new CancellationTokenSource(Deadline);
        await client.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), deadline.Token);
        return await ReadAsync(stream, deadline.Token);
    }

    public static async Task<RawAnswer> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        string head = await ReadUntilAsync(stream, "\r\n\r\n", cancellationToken);
        string[] lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        int status = lines.Length == 0 ? 0 : int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        List<KeyValuePair<string, string>> headers =
            [.. lines.Skip(1).Select(line => line.Split(':', 2)).Select(parts => KeyValuePair.Create(parts[0], parts[1].Trim()))];
        var answer = new RawAnswer(status, headers, "");
        if (answer.Header("Content-Length") is { } length)
        {
            byte[] body = new byte[int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(body, cancellationToken);
            return answer with { Body = Encoding.UTF8.GetString(body) };
        }

        return answer.Header("Transfer-Encoding") == "chunked" ? answer with { Body = await ReadChunksAsync(stream, cancellationToken) } : answer;
    }

    private static async Task<string> ReadChunksAsync(Stream stream, CancellationToken cancellationToken)
    {
        var body = new StringBuilder();
        while (true)
        {
            string size = (await ReadUntilAsync(stream, "\r\n", cancellationToken)).Trim();
            int length = size.Length == 0 ? 0 : Convert.ToInt32(size, 16);
            byte[] chunk = new byte[length + 2];
            await stream.ReadExactlyAsync(chunk, cancellationToken);
            if (length == 0)
            {
                return body.ToString();
            }

            body.Append(Encoding.UTF8.GetString(chunk, 0, length));
        }
    }

    /// <summary>Reads to the mark, or to the end of the stream where that comes first.</summary>
    public static async Task<string> ReadUntilAsync(Stream stream, string mark, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) > 0)
        {
            text.Append((char)one[0]);
            if (text.Length >= mark.Length && text.ToString(text.Length - mark.Length, mark.Length) == mark)
            {
                break;
            }
        }

        return text.ToString();
    }
}
