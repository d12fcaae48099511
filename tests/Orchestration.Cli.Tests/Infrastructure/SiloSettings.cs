using System.Text.RegularExpressions;

namespace Orchestration.Cli.Tests.Infrastructure;

/// <summary>What the files for Azure give to the silos: settings, arguments, configuration, the store's address, with Bicep's expressions put in.</summary>
internal static partial class SiloSettings
{
    public const string ClientId = "0b8b5d6e-0000-4000-8000-000000000001";

    private static readonly BicepFile File = BicepFile.Read("modules/silos.bicep");

    /// <summary>Names of the environment's variables, and whether their values come from a secret.</summary>
    public static IEnumerable<(string Name, bool IsSecret)> Names() => Setting().Matches(File.Code).Select(static m => (m.Groups["name"].Value, m.Groups["secret"].Success));

    /// <summary>The arguments of each kind of silo.</summary>
    public static IEnumerable<string[]> Arguments() => Args().Matches(File.Code).Select(static m =>
        m.Groups["list"].Value.Split(',', StringSplitOptions.TrimEntries).Select(static a => a.StartsWith('\'') ? a.Trim('\'') : "8").ToArray());

    /// <summary>The addresses of the store: with tokens, with a password.</summary>
    public static (string WithToken, string WithPassword) Stores()
    {
        var match = Store().Match(File.Code);
        return (Put(match.Groups["token"].Value), Put(match.Groups["password"].Value));
    }

    /// <summary><c>orchestration.yaml</c> as it is for two models.</summary>
    public static string Configuration()
    {
        var template = System.IO.File.ReadAllText(Path.Combine(BicepFile.Folder, "orchestration.azure.yaml"));
        var lines = Line().Matches(File.Code).Select(static m => m.Groups["line"].Value).ToList();
        string[][] models = [["gpt-4.1-mini", "2025-04-14", "100", "0.40", "0.10", "1.60"], ["gpt-4.1", "2025-04-14", "50", "2.00", "0.50", "8.00"]];
        string All(string line) => string.Join('\n', models.Select(m => Put(line
            .Replace("${replace(model.name, '.', '-')}", m[0].Replace('.', '-'), StringComparison.Ordinal).Replace("${model.name}", m[0], StringComparison.Ordinal)
            .Replace("${model.version}", m[1], StringComparison.Ordinal).Replace("${model.capacity}", m[2], StringComparison.Ordinal)
            .Replace("${model.inputUsd}", m[3], StringComparison.Ordinal).Replace("${model.cachedUsd}", m[4], StringComparison.Ordinal).Replace("${model.outputUsd}", m[5], StringComparison.Ordinal))));
        return template.Split('\n').Where(static l => !l.StartsWith('#')).Aggregate((a, b) => a + "\n" + b)
            .Replace("__DEPLOYMENTS__", All(lines[0]), StringComparison.Ordinal).Replace("__EXPERTS__", All(lines[1]), StringComparison.Ordinal)
            .Replace("__DEFAULT__", "gpt-4-1-mini", StringComparison.Ordinal).Replace("__USD_PER_DAY__", "20", StringComparison.Ordinal);
    }

    /// <summary>Puts values in for what other modules give.</summary>
    public static string Put(string text) => text
        .Replace("${databaseUser}", "orchestrate", StringComparison.Ordinal).Replace("${databaseHost}", "psql-x.postgres.database.azure.com", StringComparison.Ordinal)
        .Replace("${databaseName}", "orchestration", StringComparison.Ordinal).Replace("${identityName}", "id-x", StringComparison.Ordinal)
        .Replace("${identityClientId}", ClientId, StringComparison.Ordinal).Replace("${openAiEndpoint}", "https://oai-x.openai.azure.com/", StringComparison.Ordinal);

    [GeneratedRegex(@"\{ name: '(?<name>[A-Z][A-Z_]+)', (value: [^}]*|(?<secret>secretRef): '[\w-]+') \}", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Setting();

    [GeneratedRegex(@"args: \[(?<list>[^\]]+)\]", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Args();

    [GeneratedRegex(@"var store = hasPassword\s+\? '(?<password>[^']+)'\s+: '(?<token>[^']+)'", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Store();

    [GeneratedRegex(@"for model in models: '(?<line>([^'\n]|'\.'|'-')+)'\s*\]", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Line();
}
