using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Orchestration.Orleans.Azure.Tests;

/// <summary>Azurite, which speaks as Azure's storage does, as a process of this test's own.</summary>
internal sealed class Azurite : IAsyncDisposable
{
    public const string Account = "testaccount";

    // Made up, as everything that this server knows.
    private static readonly string Made = Convert.ToBase64String(Enumerable.Range(0, 64).Select(static i => (byte)i).ToArray());

    private readonly Process _process;
    private readonly string _folder;

    private Azurite(Process process, string folder, string connection) => (_process, _folder, ConnectionString) = (process, folder, connection);

    public string ConnectionString { get; }

    public string Key => Made;

    /// <summary>Starts it; a test is skipped where there is none.</summary>
    public static async Task<Azurite> StartAsync()
    {
        var program = Environment.GetEnvironmentVariable("AZURITE") ?? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "azurite")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "azurite is not there: npm install -g azurite, or name it in AZURITE");
        var folder = Directory.CreateTempSubdirectory("orchestrate-azurite-").FullName;
        int[] ports = [.. Enumerable.Range(0, 3).Select(static _ => FreePort())];
        var start = new ProcessStartInfo(program!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", folder, "--blobPort", Text(ports[0]), "--tablePort", Text(ports[1]), "--queuePort", Text(ports[2]) }) start.ArgumentList.Add(argument);
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{Made}";
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var azurite = new Azurite(
            process, folder,
            $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Made};BlobEndpoint=http://127.0.0.1:{Text(ports[0])}/{Account};TableEndpoint=http://127.0.0.1:{Text(ports[1])}/{Account};");
        foreach (var port in ports[..2]) await azurite.AnswersAsync(port);
        return azurite;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task AnswersAsync(int port)
    {
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException("azurite has ended.");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }
}
