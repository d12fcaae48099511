using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Orchestration.Cli.Tests.Cluster;

/// <summary>A network between silos and their server, on loopback: it can be slow, hold everything up, or cut every connection.</summary>
internal sealed class TcpLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;

    /// <param name="target">The server's port.</param>
    /// <param name="delay">What each packet takes, in each direction.</param>
    public TcpLink(int target, TimeSpan delay)
    {
        _target = target;
        _delay = delay;
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections made so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Cuts every connection, without a farewell.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets.Keys)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself just now.
            }

            socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync(_stop.Token);
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                near.NoDelay = true;
                Connections++;
                (_sockets[near], _sockets[far]) = (true, true);
                _ = Task.Run(() => JoinAsync(near, far));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The link ends.
        }
    }

    private async Task JoinAsync(Socket near, Socket far)
    {
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await Task.WhenAny(CarryAsync(near, far), CarryAsync(far, near));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server is away, and so is this connection.
        }
        finally
        {
            foreach (var socket in new[] { near, far })
            {
                _sockets.TryRemove(socket, out _);
                socket.Dispose();
            }
        }
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        // Packets wait side by side, not one after another: it is slow, not narrow.
        var way = Channel.CreateUnbounded<(long Due, byte[] Packet)>();
        var delivering = DeliverAsync();
        try
        {
            var buffer = new byte[64 << 10];
            while (await from.ReceiveAsync(buffer, _stop.Token) is var read and > 0)
                way.Writer.TryWrite((TimeProvider.System.GetTimestamp() + (long)(_delay.TotalSeconds * TimeProvider.System.TimestampFrequency), buffer[..read]));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        way.Writer.Complete();
        await delivering;

        async Task DeliverAsync()
        {
            try
            {
                await foreach (var (due, packet) in way.Reader.ReadAllAsync(_stop.Token))
                {
                    var wait = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due);
                    if (wait > TimeSpan.Zero) await Task.Delay(wait, TimeProvider.System, _stop.Token);
                    await to.SendAsync(packet, _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Cut.
            }
        }
    }
}
