using System.Globalization;
using Orchestration.Backends;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;
using Orchestration.Simulation;
using Xunit;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>A configuration whose policy looks at prompts through the embeddings of a real endpoint, with a model trained on them: words of code go to one expert, words of verse to the other, which is the default.</summary>
internal sealed class EmbeddedRouting : IAsyncDisposable
{
    private static readonly string[] Code = ["def", "return", "loop", "list", "index", "array", "compile", "stack"];
    private static readonly string[] Verse = ["moon", "verse", "rhyme", "river", "sorrow", "petal", "ode", "song"];

    private readonly ScriptedEndpoint _chat;

    private EmbeddedRouting(ScriptedEndpoint chat, ScriptedEndpoint vectors) => (_chat, Vectors) = (chat, vectors);

    public string Folder { get; } = Directory.CreateTempSubdirectory("orchestrate-embedded-").FullName;

    public string ConfigFile => Path.Combine(Folder, "orchestration.yaml");

    public ScriptedEndpoint Vectors { get; }

    public static async Task<EmbeddedRouting> CreateAsync()
    {
        var stop = TestContext.Current.CancellationToken;
        var routing = new EmbeddedRouting(await ScriptedEndpoint.StartAsync(cancellationToken: stop), await ScriptedEndpoint.StartAsync(cancellationToken: stop));
        await routing.TrainAsync(stop);
        routing.Configure();
        return routing;
    }

    /// <summary>Writes the configuration.</summary>
    /// <param name="prices">Of the deployment that makes embeddings.</param>
    /// <param name="model">Its model.</param>
    public void Configure(string prices = "{input: 1, output: 0}", string model = "vectors") => File.WriteAllText(ConfigFile, $$"""
        deployments:
          d: {endpoint: "{{_chat.ChatEndpoint}}", model: m, prices: {input: 1, output: 4} }
          embedder: {endpoint: "{{Vectors.ChatEndpoint}}", model: {{model}}, prices: {{prices}}, limits: {requests-per-minute: 6000} }
        experts:
          coder: {deployment: d, max-output-tokens: 100}
          poet: {deployment: d, max-output-tokens: 100}
        router:
          default: poet
          explore: 0
          embedding-wait-seconds: 10
          policies:
            auto: {rule: best, model: routing.bin}
        """);

    public string At(string name) => Path.Combine(Folder, name);

    public async ValueTask DisposeAsync()
    {
        await _chat.DisposeAsync();
        await Vectors.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task TrainAsync(CancellationToken stop)
    {
        var random = new Random(3);
        string[] prompts =
        [
            .. Enumerable.Range(0, 120).Select(i => string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', Enumerable.Range(0, 6).Select(_ => (i % 2 == 0 ? Code : Verse)[random.Next(8)]))}? {i}")),
        ];
        var matrix = new RoutingMatrix(
            ["coder", "poet"], [.. prompts.Select(static (_, i) => i.ToString(CultureInfo.InvariantCulture))], prompts, [.. prompts.Select(static (_, i) => i % 2 == 0 ? "code" : "verse")],
            [.. prompts.SelectMany(static (_, i) => i % 2 == 0 ? new[] { 0.9, 0.3 } : [0.2, 0.9])]);
        var config = new DeploymentConfig { Name = "embedder", Endpoint = Vectors.ChatEndpoint, Model = new ModelIdentity("", "vectors", "") };
        using var deployment = new OpenAiEmbeddingDeployment(config, new DeploymentServices { Time = TimeProvider.System, Environment = static _ => null });
        var fetched = await new EmbeddingSource(deployment, null, null, TimeProvider.System).FetchAsync(prompts, "p", 1, null, stop);
        await RoutingModelFile.SaveAsync(RoutingTrainer.Train(matrix, new RoutingTraining { Clusters = 4, Neighbours = 10 }, fetched.Embeddings), At("routing.bin"), stop);
    }
}
