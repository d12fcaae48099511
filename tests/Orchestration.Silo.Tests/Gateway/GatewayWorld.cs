using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestration.Backends;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway;
using Orchestration.Silo.Hosting;
using Orchestration.Simulation;
using Orchestration.Simulation.InMemory;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>A gateway over real HTTP, in front of scripted endpoints, on a store in memory. The experts are called <c>e0</c>, <c>e1</c>, …, each with a deployment and an endpoint of its own.</summary>
internal sealed class GatewayWorld : IAsyncDisposable
{
    public const string Key = "sk-test-0123456789abcdefXYZ";

    private readonly WebApplication _app;
    private readonly SiloDeployments _deployments;

    private GatewayWorld(WebApplication app, SiloDeployments deployments, Silo.Gateway.Gateway gateway, InMemoryOwner store, InMemoryData data, IReadOnlyList<ScriptedEndpoint> endpoints, Router router)
    {
        (_app, _deployments, Gateway, Store, Data, Endpoints, Router) = (app, deployments, gateway, store, data, endpoints, router);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
    }

    public static TokenPrices Prices { get; } = new(1, 1, 4, 4);

    public Silo.Gateway.Gateway Gateway { get; }

    public InMemoryOwner Store { get; }

    public InMemoryData Data { get; }

    public IReadOnlyList<ScriptedEndpoint> Endpoints { get; }

    public Router Router { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public GatewayCaller Caller { get; set; } = GatewayCaller.Anybody;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Starts it.</summary>
    /// <param name="endpoints">How each expert's endpoint behaves.</param>
    /// <param name="router">Lines of the block <c>router</c>, and of <c>judges</c> behind it.</param>
    /// <param name="expert">Further lines of each expert.</param>
    /// <param name="policy">What <c>auto</c> does; null for the default expert.</param>
    /// <param name="deployment">Further lines of each deployment.</param>
    /// <param name="limits">What the gateway takes at once.</param>
    /// <param name="publisher">Who makes the models.</param>
    /// <param name="time">By which the gateway and its router wait; null for the system's.</param>
    /// <param name="quarantined">Judges that have no say; null for none.</param>
    public static async Task<GatewayWorld> StartAsync(
        ScriptedEndpointOptions[] endpoints, string router = "", string expert = "", Func<RoutingQuestion, RoutingChoice>? policy = null, string deployment = "", GatewayLimits? limits = null,
        Func<IReadOnlyDictionary<string, string>>? quarantined = null, string publisher = "", TimeProvider? time = null)
    {
        var started = new List<ScriptedEndpoint>();
        foreach (var options in endpoints) started.Add(await ScriptedEndpoint.StartAsync(options with { ApiKey = Key, Prices = Prices }, cancellationToken: Stop));
        var config = OrchestrationConfig.Parse(Yaml(started, router, expert, deployment, publisher), "orchestration.yaml");
        var data = new InMemoryData(TimeProvider.System);
        var store = data.Open();
        var deployments = new SiloDeployments(config, new DeploymentServices { Time = TimeProvider.System, Environment = static name => name == "TEST_KEY" ? Key : null, Quotas = store.Quotas });
        var policies = new Dictionary<string, IRoutingPolicy>(StringComparer.Ordinal);
        if (policy is not null) policies["auto"] = new FixedPolicy(policy);
        var actor = new Router(new RouterServices { Time = time ?? TimeProvider.System }, RouterSetup.Create(config, policies));
        var gateway = new Silo.Gateway.Gateway(store, time ?? TimeProvider.System, limits, quarantined);
        gateway.Prepare(config, deployments.Chat, deployments, actor).Effect();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        GatewayWorld? world = null;
        app.MapGateway(gateway, _ => world!.Caller);
        await app.StartAsync(Stop);
        return world = new GatewayWorld(app, deployments, gateway, store, data, started, actor);
    }

    /// <summary>A plan of the policy <c>auto</c> over experts, all of which are as good as each other.</summary>
    public static RoutingChoice Choice(RoutingQuestion question, params string[] experts) => new()
    {
        Experts = experts,
        Estimates = [.. question.Offers.Select(o => new ExpertEstimate(o.Expert, 0.5, 0.4, 0.6, o.CostUsd, o.Expert == experts[0] ? 1 : 0))],
        Reason = "as the test says",
    };

    public static string Body(string model, string content = "Is the sea salt?", bool stream = false, string more = "") => string.Create(
        CultureInfo.InvariantCulture, $$"""{"model":"{{model}}"{{(stream ? ""","stream":true""" : "")}}{{more}},"messages":[{"role":"user","content":{{JsonSerializer.Serialize(content)}}}]}""");

    public Task<HttpResponseMessage> PostAsync(string body, CancellationToken? cancellationToken = null) =>
        SendAsync("/v1/chat/completions", body, HttpCompletionOption.ResponseContentRead, cancellationToken ?? Stop);

    public async Task<HttpResponseMessage> SendAsync(string path, string body, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await Client.SendAsync(request, completion, cancellationToken);
    }

    public async Task<JsonDocument> JsonAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(Stop));

    /// <summary>What is known of a response's route.</summary>
    public async Task<JsonElement> RouteAsync(HttpResponseMessage response)
    {
        var id = response.Headers.GetValues(RouteHeaders.Route).Single();
        while (true)
        {
            // The outcome is written behind the answer's last byte.
            using var shown = JsonDocument.Parse(await Client.GetStringAsync($"/v1/routes/{id}", Stop));
            if (shown.RootElement.TryGetProperty("calls", out _)) return shown.RootElement.Clone();
            await Task.Yield();
        }
    }

    /// <summary>Requests that are over have settled; the ledger knows everything afterwards.</summary>
    public async Task<Core.Spending.SpendStatus> SpentAsync(string payer = "router")
    {
        while (Gateway.Load.Inside > 0) await Task.Yield();
        await Gateway.Budgets.FlushAsync();
        return await Store.Spending.StatusAsync(Gateway.Budgets.Today(payer), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Gateway.DisposeAsync();
        _deployments.Dispose();
        foreach (var endpoint in Endpoints) await endpoint.DisposeAsync();
        await Store.DisposeAsync();
    }

    private static string Yaml(List<ScriptedEndpoint> endpoints, string router, string expert, string deployment, string publisher)
    {
        var text = new StringBuilder("deployments:\n");
        for (var i = 0; i < endpoints.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  d{i}: {{endpoint: \"{endpoints[i].ChatEndpoint}\", model: {{{(publisher.Length == 0 ? "" : $"publisher: {publisher}, ")}name: model-{i}}}, key-env: TEST_KEY, prices: {{input: 1, cached: 1, output: 4, reasoning: 4}}, limits: {{concurrency: 64}}, max-output-tokens: 100{deployment}}}\n");
        text.Append("experts:\n");
        for (var i = 0; i < endpoints.Count; i++) text.Append(CultureInfo.InvariantCulture, $"  e{i}: {{deployment: d{i}, max-output-tokens: 100{expert}}}\n");
        text.Append("router:\n  default: e0\n  explore: 0\n").Append(router);
        return text.ToString();
    }

    private sealed class FixedPolicy(Func<RoutingQuestion, RoutingChoice> choose) : IRoutingPolicy
    {
        public string Name => "auto";

        public string Version => new('f', 64);

        public string FeaturesVersion => "";

        public RoutingChoice Choose(RoutingQuestion question) => choose(question);
    }
}
