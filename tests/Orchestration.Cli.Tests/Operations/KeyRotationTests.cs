using System.Net;
using Orchestration.Cli.Tests.Serving;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Operations;

/// <summary>A key is replaced under load: no request fails, and the old one ends.</summary>
public sealed class KeyRotationTests
{
    [Fact]
    public async Task A_new_key_is_made_taken_into_use_and_the_old_one_revoked_without_a_failed_request()
    {
        using var cli = new CliRun();
        await using var endpoint = await Simulation.ScriptedEndpoint.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        cli.Write(
            "orchestration.yaml",
            "deployments:", $"  local: {{endpoint: \"{endpoint.ChatEndpoint}\", model: m, prices: {{input: 0.1, output: 0.4}}}}", "experts:", "  only: {deployment: local}");
        var store = cli.At("store.db");
        var old = await NewAsync();
        using var serve = await ServeProcess.StartAsync(cli.Folder, store, "--config", cli.At("orchestration.yaml"));
        var key = old;
        var (answered, refused) = (0, new List<string>());
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var used = Volatile.Read(ref key);
                var status = await AskAsync(serve, used);
                if (status == HttpStatusCode.OK) Interlocked.Increment(ref answered);
                else lock (refused) refused.Add($"{status} with the {(used == old ? "old" : "new")} key");
            }
        })).ToList();
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref answered) > 50));

        // 1. A second key; 2. clients take it into use once it counts; 3. the first ends.
        var fresh = await NewAsync();
        await UntilAsync(async () => await AskAsync(serve, fresh) == HttpStatusCode.OK);
        Volatile.Write(ref key, fresh);
        var before = Volatile.Read(ref answered);
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref answered) > before + 50));
        (await cli.RunAsync(["key", "revoke", old, "--store", store])).ShouldBe(0, cli.Error);
        await UntilAsync(async () => await AskAsync(serve, old) == HttpStatusCode.Unauthorized);
        before = Volatile.Read(ref answered);
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref answered) > before + 50));
        await stop.CancelAsync();
        await Task.WhenAll(load);

        refused.ShouldBeEmpty();

        async Task<string> NewAsync()
        {
            (await cli.RunAsync(["key", "create", "app", "--role", "call", "--store", store])).ShouldBe(0, cli.Error);
            return cli.Out.Trim();
        }
    }

    private static async Task<HttpStatusCode> AskAsync(ServeProcess serve, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent("""{"model":"only","messages":[{"role":"user","content":"p"}]}""", System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", key);
        using var response = await serve.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
