using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Xunit;

namespace Orchestration.Cli.Tests.Meta;

/// <summary>A folder with a configuration for a scripted endpoint, and made-up data whose answers differ in one thing: how good they are.</summary>
internal static class LiveChecks
{
    public static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<ScriptedEndpoint> EndpointAsync(CliRun cli, ScriptedEndpointOptions options)
    {
        var endpoint = await ScriptedEndpoint.StartAsync(options with { Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m) }, cancellationToken: Cancelled);
        cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint).Split('\n'));
        return endpoint;
    }

    public static string[] Meta(CliRun cli, string check, params string[] more) =>
        ["meta", check, .. more, "--config", cli.At("orchestration.yaml"), "--store", cli.At("store.db"), "--resamples", "200", "--json"];

    public static string Comparisons(CliRun cli, int count) => cli.Write(
        "comparisons.jsonl",
        [.. Enumerable.Range(0, count).Select(static i => $$"""{"id":"c{{i}}","prompt":"Question {{i}}: how does a tide mill work?","answer_a":"{{Answer(i, 'a')}}","answer_b":"{{Answer(i, 'b')}}","label":"{{(Number(i, 'a') > Number(i, 'b') ? "A>B" : "B>A")}}"}""")]);

    public static string Pairs(CliRun cli, int prompts, int answers) => cli.Write(
        "pairs.jsonl",
        [.. Enumerable.Range(0, prompts * answers).Select(i => $$"""{"id":"p{{i}}","group":"g{{i / answers}}","prompt":"Question {{i / answers}}: how does a tide mill work?","answer":"{{Answer(i, 'p')}}","reference":"Water is held back at high tide and let out {{i % 7 + 2}} hours later."}""")]);

    /// <summary>How good an answer is by what it says of itself, so that nothing else about it matters.</summary>
    public static double Quality(ScriptedMaterial material)
    {
        var at = material.Answer.IndexOf("Sluice ", StringComparison.Ordinal);
        return at < 0 ? 0.5 : 0.35 + (0.3 * int.Parse(material.Answer.AsSpan(at + 7, 2), System.Globalization.CultureInfo.InvariantCulture) / 100);
    }

    private static int Number(int i, char which) => ((i * 37) + (which * (29 + i))) % 90 + 10;

    private static string Answer(int i, char which)
    {
        return $"Sluice {Number(i, which)} holds the water back when the tide is high. Later the gates are opened, and it runs out over the wheel {i % 7 + 2} hours after that. The miller grinds while it lasts. Twice a day the sea fills the pond again, at other hours each day.";
    }
}
