using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestration.Benchmarks.Whole.Gateway;

/// <summary>
/// An endpoint that answers every completion at once with the same bytes, written on sockets so that it costs next to nothing beside what stands in front of it. A share of
/// requests can meet a fault.
/// </summary>
internal static class InstantEndpoint
{
    private const string Completion =
        """{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"instant","choices":[{"index":0,"message":{"role":"assistant","content":"The sea is salt because rivers carry minerals into it."},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":11,"total_tokens":23}}""";

    private static readonly byte[] Answer = Reply("200 OK", Completion, "");
    private static readonly byte[] Refusal = Reply("500 Internal Server Error", """{"error":{"message":"It broke.","type":"server_error","param":null,"code":null}}""", "");
    private static readonly byte[] Busy = Reply("429 Too Many Requests", """{"error":{"message":"Slow down.","type":"requests","param":null,"code":"rate_limit_exceeded"}}""", "Retry-After: 1\r\n");

    /// <summary>Listens until its input ends, and says where.</summary>
    /// <param name="faults">Share of requests, 0–1, that meet a fault: an error, a refusal, a lost connection or half an answer.</param>
    public static async Task<int> RunAsync(double faults)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1024);
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture));
        using var stopping = new CancellationTokenSource();
        var accepting = AcceptAsync(listener, faults, stopping.Token);
        await Console.In.ReadToEndAsync(CancellationToken.None);
        await stopping.CancelAsync();
        await accepting;
        return 0;
    }

    private static async Task AcceptAsync(Socket listener, double faults, CancellationToken cancellationToken)
    {
        ulong seed = 1;
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync(cancellationToken);
                client.NoDelay = true;
                _ = ServeAsync(client, faults, seed++ * 0x9E37_79B9_7F4A_7C15);
            }
        }
        catch (OperationCanceledException)
        {
            // Its input has ended.
        }
    }

    private static async Task ServeAsync(Socket client, double faults, ulong random)
    {
        var buffer = new byte[64 * 1024];
        var held = 0;
        using (client)
        {
            try
            {
                while (true)
                {
                    var read = await client.ReceiveAsync(buffer.AsMemory(held));
                    if (read == 0) return;
                    held += read;
                    while (Whole(buffer.AsSpan(0, held)) is > 0 and var length)
                    {
                        buffer.AsSpan(length, held - length).CopyTo(buffer);
                        held -= length;
                        random = (random * 6364136223846793005) + 1442695040888963407;
                        var draw = (random >> 11) * (1.0 / (1UL << 53));
                        if (draw >= faults)
                        {
                            await client.SendAsync(Answer);
                            continue;
                        }

                        switch ((int)(draw / faults * 4))
                        {
                            case 0:
                                await client.SendAsync(Refusal);
                                continue;
                            case 1:
                                await client.SendAsync(Busy);
                                continue;
                            case 2:
                                return;
                            default:
                                await client.SendAsync(Answer.AsMemory(0, Answer.Length / 2));
                                return;
                        }
                    }
                }
            }
            catch (SocketException)
            {
                // The other side left.
            }
        }
    }

    /// <summary>Length of the request that the bytes begin with, where it is there whole; 0 otherwise.</summary>
    private static int Whole(ReadOnlySpan<byte> bytes)
    {
        var head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0) return 0;
        var text = bytes[..head];
        var at = text.IndexOf("ontent-Length: "u8);
        if (at < 0) at = text.IndexOf("ontent-length: "u8);
        var length = 0;
        if (at >= 0)
        {
            for (var i = at + 15; i < text.Length && text[i] is >= (byte)'0' and <= (byte)'9'; i++) length = (length * 10) + text[i] - '0';
        }

        return bytes.Length >= head + 4 + length ? head + 4 + length : 0;
    }

    private static byte[] Reply(string status, string body, string headers) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}"));
}
