using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Orchestration.Cli.Tests.Infrastructure;

/// <summary>
/// The processes of infra/compose.yaml with its arguments, settings and configuration, without Docker: what differs are ports, and where the database is.
/// </summary>
public sealed class ComposeTests : IDisposable
{
    private readonly CliRun _cli = new();
    private readonly List<ProcessRun> _processes = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var process in _processes) process.Dispose();
        _cli.Dispose();
    }

    [Fact]
    public async Task A_key_a_routed_answer_and_a_sweep_that_the_worker_works()
    {
        var server = await PostgresServer.SharedAsync();
        var (port, listen) = (FreePort(), FreePort());
        var commands = SettingsTests.ComposeArguments().ToDictionary(static c => c[0], StringComparer.Ordinal);
        var configuration = (await File.ReadAllTextAsync(Path.Combine(BicepFile.Folder, "orchestration.compose.yaml"), Stop)).Replace(":8089", $":{port}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_cli.At("orchestration.yaml"), configuration, Stop);
        var environment = Environment();
        environment["ORCHESTRATE_STORE"].ShouldStartWith("postgres://orchestrate@");
        environment["ORCHESTRATE_STORE"] = server.Address(string.Create(CultureInfo.InvariantCulture, $"compose_{System.Environment.ProcessId}"));
        environment["ORCHESTRATE_SPOOL"] = _cli.At("spool");

        Run(commands["endpoint"], "8089", port.ToString(CultureInfo.InvariantCulture));
        var gateway = Run(commands["serve"], "http://0.0.0.0:8080", $"http://127.0.0.1:{listen}");
        var worker = Run(commands["work"]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{listen}"), Timeout = TimeSpan.FromSeconds(60) };
        await UntilAsync(async () => (await client.GetAsync("/health/ready", Stop)).StatusCode == HttpStatusCode.OK);

        using var key = new ProcessRun(_cli.Folder, environment, ["key", "create", "me", "--role", "call,judge,read"]);
        (await key.ExitAsync()).ShouldBe(0, await key.Error);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await key.Out).Trim());

        HttpResponseMessage answer = null!;
        await UntilAsync(async () => (answer = await client.PostAsync("/v1/chat/completions", Json("""{"model":"auto","messages":[{"role":"user","content":"Why is the sea salt?"}]}"""), Stop)).StatusCode != HttpStatusCode.Unauthorized);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        answer.Headers.GetValues("x-orchestration-expert").ShouldBe(["small"]);

        // The gateway has no slots: what is done is the worker's.
        var started = await client.PostAsync("/v1/sweeps?judges=quick", new StringContent("""{"id":"1","prompt":"p","answer":"a b c."}""" + "\n", Encoding.UTF8, "application/x-ndjson"), Stop);
        var id = (await started.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("id").GetString();
        await UntilAsync(async () => JsonElement.Parse(await client.GetStringAsync($"/v1/sweeps/{id}", Stop)).GetProperty("state").GetString() == "completed");
        (await client.GetStringAsync($"/v1/sweeps/{id}/results", Stop)).ShouldContain("clarity@small");

        worker.Signal("TERM");
        gateway.Signal("TERM");
        (await worker.ExitAsync()).ShouldBeOneOf(0, 130);
        (await gateway.ExitAsync()).ShouldBe(0, await gateway.Error);

        ProcessRun Run(string[] command, string? old = null, string? now = null)
        {
            var process = new ProcessRun(_cli.Folder, environment, [.. command.Select(a => a == old ? now! : a == "/config/orchestration.yaml" ? _cli.At("orchestration.yaml") : a)]);
            _processes.Add(process);
            return process;
        }

        async Task UntilAsync(Func<Task<bool>> isSo)
        {
            var began = TimeProvider.System.GetTimestamp();
            while (true)
            {
                TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60), gateway.ErrorSoFar + worker.ErrorSoFar);
                try
                {
                    if (await isSo()) return;
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet.
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
            }
        }
    }

    [Fact]
    public void Every_silo_has_the_same_settings_and_waits_for_the_database()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(BicepFile.Folder, "compose.yaml"))));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var services = (YamlMappingNode)root["services"];
        services.Children.Keys.Select(static k => k.ToString()).Order().ShouldBe(["database", "endpoint", "gateway", "worker"]);
        foreach (var silo in new[] { "gateway", "worker" }) services[silo]["<<"].ShouldBe(root["x-silo"]);
        root["x-silo"]["depends_on"]["database"]["condition"].ToString().ShouldBe("service_healthy");
        var mounted = root["x-silo"]["volumes"][0].ToString().Split(':')[0];
        File.Exists(Path.Combine(BicepFile.Folder, mounted)).ShouldBeTrue(mounted);
        File.Exists(Path.Combine(BicepFile.Folder, "..", root["x-silo"]["build"]["dockerfile"].ToString())).ShouldBeTrue();
    }

    [Fact]
    public void Volumes_the_database_and_the_published_port_are_those_that_the_silos_use()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(BicepFile.Folder, "compose.yaml"))));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var services = (YamlMappingNode)root["services"];

        var used = services.Children.Values.Append(root["x-silo"]).Cast<YamlMappingNode>().Where(static s => s.Children.ContainsKey("volumes"))
            .SelectMany(static s => ((YamlSequenceNode)s["volumes"]).Children).Select(static v => v.ToString().Split(':')[0]).Where(static v => !v.StartsWith('.')).Distinct();
        used.Order().ShouldBe(((YamlMappingNode)root["volumes"]).Children.Keys.Select(static k => k.ToString()).Order());

        var store = new Uri(root["x-silo"]["environment"]["ORCHESTRATE_STORE"].ToString());
        var database = services["database"]["environment"];
        services.Children.Keys.Select(static k => k.ToString()).ShouldContain(store.Host);
        (database["POSTGRES_USER"].ToString(), "/" + database["POSTGRES_DB"]).ShouldBe((store.UserInfo, store.AbsolutePath));
        var check = ((YamlSequenceNode)services["database"]["healthcheck"]["test"]).Children.Select(static c => c.ToString()).ToList();
        (check[check.IndexOf("-U") + 1], "/" + check[check.IndexOf("-d") + 1]).ShouldBe((store.UserInfo, store.AbsolutePath));

        var serve = SettingsTests.ComposeArguments().Single(static c => c[0] == "serve");
        var listens = new Uri(serve[Array.IndexOf(serve, "--listen") + 1]).Port;
        services["endpoint"]["ports"][0].ToString().Split(':')[^1].ShouldBe(listens.ToString(CultureInfo.InvariantCulture));
    }

    private static Dictionary<string, string> Environment()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(BicepFile.Folder, "compose.yaml"))));
        return ((YamlMappingNode)yaml.Documents[0].RootNode["x-silo"]["environment"]).Children.ToDictionary(
            static c => c.Key.ToString(), static c => c.Value.ToString().Contains(":?", StringComparison.Ordinal) ? "0123456789abcdef0123456789abcdef" : c.Value.ToString().StartsWith("${", StringComparison.Ordinal) ? "" : c.Value.ToString(), StringComparer.Ordinal);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
