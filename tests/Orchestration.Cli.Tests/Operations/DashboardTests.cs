using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestration.Testing;
using Shouldly;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Orchestration.Cli.Tests.Operations;

/// <summary>Dashboard and alerts name only what the product measures.</summary>
public sealed partial class DashboardTests
{
    // Measured by ASP.NET Core, which the export listens to.
    private static readonly string[] Others = ["http_server_request_duration_seconds"];

    // Given by ASP.NET Core and by Prometheus itself.
    private static readonly string[] OtherLabels = ["http_route", "http_response_status_code", "le", "__name__"];

    [Fact]
    public void Every_metric_of_the_dashboard_and_the_alerts_is_one_that_is_exported()
    {
        var exported = Exported().Concat(Others).ToList();
        exported.Count.ShouldBeGreaterThan(12);
        var expressions = Expressions().ToList();
        expressions.Count.ShouldBeGreaterThan(20);
        foreach (var expression in expressions)
        {
            foreach (var name in Metric().Matches(Labels().Replace(expression, "")).Select(static m => Suffix().Replace(m.Value, "")).Distinct())
                exported.ShouldContain(name, expression);
        }

        // What a silo measures of itself is looked at somewhere.
        var all = string.Join('\n', expressions);
        foreach (var name in Exported()) all.ShouldContain(name);
    }

    [Fact]
    public void Every_label_that_is_asked_for_is_an_attribute_that_measurements_carry()
    {
        var attributes = Directory.EnumerateFiles(Path.Combine(PublicData.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(static f => Attribute().Matches(File.ReadAllText(f))).Select(static m => m.Groups["name"].Value.Replace('.', '_')).Concat(OtherLabels).ToHashSet(StringComparer.Ordinal);
        var asked = Expressions().SelectMany(static e => Asked().Matches(e)).SelectMany(static m => m.Groups["name"].Captures).Select(static c => c.Value).Distinct().ToList();
        asked.Count.ShouldBeGreaterThan(6);
        asked.Where(a => !attributes.Contains(a)).ShouldBeEmpty();
    }

    [Fact]
    public void Alerts_say_what_is_wrong_and_how_bad_and_the_guide_has_them()
    {
        var guide = File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "docs", "operations.md"));
        foreach (var rule in Rules())
        {
            guide.ShouldContain($"`{rule["alert"]}`");
            rule["annotations"]["summary"].ToString().ShouldNotBeEmpty();
            rule["labels"]["severity"].ToString().ShouldBeOneOf("info", "warning", "critical");
        }
    }

    private static IEnumerable<YamlNode> Rules()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "infra", "alerts.yaml"))));
        return ((YamlSequenceNode)yaml.Documents[0].RootNode["groups"][0]["rules"]).Children;
    }

    private static IEnumerable<string> Expressions() => Rules().Select(static r => r["expr"].ToString()).Concat(
        JsonElement.Parse(File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "infra", "grafana", "orchestration.json"))).GetProperty("panels").EnumerateArray()
            .SelectMany(static p => p.GetProperty("targets").EnumerateArray()).Select(static t => t.GetProperty("expr").GetString()!));

    /// <summary>The instruments in the sources, as Prometheus's OTLP receiver names them.</summary>
    private static IEnumerable<string> Exported() => Directory.EnumerateFiles(Path.Combine(PublicData.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories)
        .SelectMany(static f => Instrument().Matches(File.ReadAllText(f))).Select(static m =>
            m.Groups["name"].Value.Replace('.', '_') + m.Groups["unit"].Value switch { "s" => "_seconds", "USD" => "_USD", "1" => "_ratio", _ => "" }).Distinct();

    [GeneratedRegex(@"\.Create(?:Counter|Histogram|ObservableGauge)(?:<\w+>)?\(\s*""(?<name>[\w.]+)"",(?:\s*[^""]*?)\s*""(?<unit>[^""]*)""", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 10_000)]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\b(gen_ai_client|orchestration_(call|quota|access|requests|judging|sweeps|config)|http_server|kestrel)_\w+", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Metric();

    [GeneratedRegex(@"by \([^)]*\)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Labels();

    [GeneratedRegex(@"[{,]\s*(?<name>\w+)\s*(=~|!~|!=|=)\s*""|by \((?<name>\w+)(\s*,\s*(?<name>\w+))*\)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Asked();

    [GeneratedRegex(@"""(?<name>[a-z_]+(\.[a-z_]+)+)""", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Attribute();

    [GeneratedRegex("(_total|_bucket|_count|_sum)$", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Suffix();
}
