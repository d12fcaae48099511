using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Serving;

/// <summary><c>orchestrate serve</c> as a process of its own.</summary>
internal sealed class ServeProcess : IDisposable
{
    private ServeProcess(ProcessRun run, HttpClient client)
    {
        Run = run;
        Client = client;
    }

    public ProcessRun Run { get; }

    public HttpClient Client { get; }

    /// <summary>Starts one and waits until it is ready.</summary>
    public static async Task<ServeProcess> StartAsync(string folder, string store, params string[] arguments)
    {
        var address = $"http://127.0.0.1:{FreePort()}";
        var run = new ProcessRun(folder, ["serve", "--listen", address, "--store", store, .. arguments]);
        var client = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(60) };
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60), run.ErrorSoFar);
            run.Exited.IsCompleted.ShouldBeFalse(run.ErrorSoFar);
            try
            {
                if ((await client.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.OK) return new ServeProcess(run, client);
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }
    }

    public void Use(string key) => Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

    public Task<HttpResponseMessage> PostAsync(string path, string body, string type = "application/json") =>
        Client.PostAsync(path, new StringContent(body, Encoding.UTF8, type), TestContext.Current.CancellationToken);

    public Task<string> GetAsync(string path) => Client.GetStringAsync(path, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Client.Dispose();
        Run.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
