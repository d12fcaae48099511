using System.Text.RegularExpressions;
using Orchestration.Core.Judging;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestration.Core.Configuration;

/// <summary>Reads <c>orchestration.yaml</c> and checks every option before anything is run.</summary>
internal static partial class ConfigurationReader
{
    /// <summary>Far more than any configuration; keeps a wrong path (a data file) from being read whole.</summary>
    private const long MaxBytes = 4 * 1024 * 1024;

    public static OrchestrationConfig Load(string? path)
    {
        var file = path ?? OrchestrationConfig.DefaultFileName;
        if (!File.Exists(file))
        {
            if (path is null) return OrchestrationConfig.Empty;
            throw new OrchestrationException(ErrorCodes.Input, $"The configuration file '{path}' does not exist. Check --config, or leave it out to use ./{OrchestrationConfig.DefaultFileName}.");
        }

        try
        {
            if (new FileInfo(file).Length > MaxBytes)
                throw new OrchestrationException(ErrorCodes.Input, $"{file} is larger than 4 MB and no configuration. Check --config.");
            return Parse(File.ReadAllText(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{file} cannot be read: {e.Message}", e);
        }
    }

    public static OrchestrationConfig Parse(string yaml, string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";
        return Read(Root(yaml, file), file, folder, new ConfigurationProblems(file));
    }

    /// <summary>Reads and checks a tree.</summary>
    /// <param name="root">The tree; null for an empty one.</param>
    /// <param name="source">Where it came from, for messages.</param>
    /// <param name="folder">Where relative rubric folders start from.</param>
    /// <param name="problems">Collects what is wrong.</param>
    public static OrchestrationConfig Read(YamlNode? root, string source, string folder, ConfigurationProblems problems)
    {
        var result = new OrchestrationConfig { File = source };
        if (root is null) return result;
        if (root is not YamlMappingNode mapping)
        {
            problems.Add(root.Start.Line, "the file is not a block of keys. It begins with 'deployments:', 'judge-sets:', 'panels:', 'exemplars:', 'rubrics:', 'judge-scales:', 'judge-limits:', 'data-sets:', 'experts:' or 'router:'.");
            problems.ThrowIfAny();
            return result;
        }

        var top = new ConfigurationSection(mapping, "", problems);
        var deployments = Deployments(top, out var names);
        var judgeSets = JudgeSets(top, names, problems);
        result = result with
        {
            Deployments = deployments,
            JudgeSets = judgeSets,
            Exemplars = ExemplarsReader.Read(top, folder, NamePattern().IsMatch),
            Panels = PanelReader.Read(top, judgeSets, names, NamePattern().IsMatch),
            RubricFolders = RubricFolders(top, folder, problems),
            JudgeScales = JudgeScales(top),
            JudgeLimits = JudgeLimits(top, names, problems),
            DataSets = DataSetReader.Read(top, folder, NamePattern().IsMatch),
            Router = RouterReader.Read(top, deployments, judgeSets, folder, NamePattern().IsMatch),
        };
        top.RefuseUnknown();
        problems.ThrowIfAny();
        return result;
    }

    /// <summary>The one document of a file; null where it is empty.</summary>
    internal static YamlNode? Root(string yaml, string file)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count == 0) return null;
            if (stream.Documents.Count > 1)
                throw new OrchestrationException(ErrorCodes.Configuration, $"{file}:{stream.Documents[1].RootNode.Start.Line}: a second document begins with '---'. Keep everything in one.");
            return stream.Documents[0].RootNode is YamlScalarNode { Value: null or "" } ? null : stream.Documents[0].RootNode;
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner gives up in this way on some unclosed brackets, without a place.
            throw new OrchestrationException(ErrorCodes.Configuration, $"{file}:1: this is not YAML: a bracket or brace seems to be left open. Close every [ and {{.");
        }
        catch (YamlException e)
        {
            // The parser's own words may quote the file, and with it a key.
            throw new OrchestrationException(ErrorCodes.Configuration,
                $"{file}:{e.Start.Line}: this is not YAML at column {e.Start.Column}{Reason(e)}. Check indentation (spaces, no tabs), colons, quotes, and that no key stands twice.");
        }
    }

    private static string Reason(YamlException e) => e.Message.Contains("Duplicate key", StringComparison.OrdinalIgnoreCase) ? " (a key stands twice)" : "";

    private static Dictionary<string, DeploymentConfig> Deployments(ConfigurationSection top, out IReadOnlyCollection<string> names)
    {
        var result = new Dictionary<string, DeploymentConfig>(StringComparer.Ordinal);
        names = [];
        if (top.Section("deployments", "Write 'deployments:' and below it a name and its options.") is not { } all) return result;
        names = [.. all.Keys];
        foreach (var name in names)
        {
            if (!NamePattern().IsMatch(name))
                all.Problem(name, $"deployments has the name {SecretShape.Quote(name)}. A name has letters, digits, '.', '-' and '_', and begins with a letter or digit.");
            all.Know(name);
            if (all.Section(name, "It needs at least 'endpoint' and 'model'.") is { } section && DeploymentReader.Read(name, section) is { } deployment)
                result[name] = deployment;
        }

        return result;
    }

    private static Dictionary<string, IReadOnlyList<string>> JudgeSets(ConfigurationSection top, IReadOnlyCollection<string> deployments, ConfigurationProblems problems)
    {
        var result = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (top.Section("judge-sets", "Write a name and a list of judges: 'quick: [relevance, truthfulness@gpt-mini]'.") is not { } all) return result;
        foreach (var name in all.Keys)
        {
            if (!NamePattern().IsMatch(name))
                all.Problem(name, $"judge-sets has the name {SecretShape.Quote(name)}. A name has letters, digits, '.', '-' and '_', and begins with a letter or digit.");
            if (all.Texts(name, "Write '[relevance, truthfulness@gpt-mini]'.") is not { } judges) continue;
            if (judges.Count == 0) all.Problem(name, $"{all.Option(name)} is empty. Name at least one judge.");
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (judge, line) in judges)
            {
                if (!seen.Add(judge)) problems.Add(line, $"{all.Option(name)} names {SecretShape.Quote(judge)} twice. Take one out.");
                CheckDeployment(judge, line, all.Option(name), deployments, problems);
            }

            result[name] = [.. seen];
        }

        return result;
    }

    private static void CheckDeployment(string judge, long line, string option, IReadOnlyCollection<string> deployments, ConfigurationProblems problems)
    {
        var at = judge.LastIndexOf('@');
        if (at < 0 || judge.StartsWith("replay:", StringComparison.Ordinal)) return;
        var deployment = judge[(at + 1)..];
        if (deployments.Contains(deployment, StringComparer.Ordinal)) return;
        var nearest = NearestName.Of(deployment, deployments);
        problems.Add(line, $"{option} names the judge {SecretShape.Quote(judge)}, but no deployment is called {SecretShape.Quote(deployment)}. "
            + (nearest is null ? "Add it under 'deployments'." : $"Did you mean '{nearest}'?"));
    }

    private static List<string> RubricFolders(ConfigurationSection top, string home, ConfigurationProblems problems)
    {
        var result = new List<string>();
        foreach (var (folder, line) in top.Texts("rubrics", "Write '[./my-rubrics]'.") ?? [])
        {
            var full = Path.GetFullPath(folder, home);
            if (Directory.Exists(full)) result.Add(full);
            else problems.Add(line, $"rubrics names the folder {SecretShape.Quote(folder)}, which does not exist ({full}). Create it or take the entry out; paths start from the configuration's folder.");
        }

        return result;
    }

    private static Dictionary<string, JudgeLimits> JudgeLimits(ConfigurationSection top, IReadOnlyCollection<string> deployments, ConfigurationProblems problems)
    {
        var result = new Dictionary<string, JudgeLimits>(StringComparer.Ordinal);
        if (top.Section("judge-limits", "Write a judge and '{requests-per-minute: 600}'.") is not { } all) return result;
        foreach (var judge in all.Keys)
        {
            if (all.Section(judge, "Write '{requests-per-minute: 600}'.") is not { } section) continue;
            CheckDeployment(judge, section.Line, all.Option(judge), deployments, problems);
            var requests = section.Integer("requests-per-minute", 1, int.MaxValue, "requests a minute");
            var tokens = section.Integer("tokens-per-minute", 1, int.MaxValue, "tokens a minute");
            section.RefuseUnknown();
            if (requests is null && tokens is null) section.Problem("requests-per-minute", $"{all.Option(judge)} limits nothing. State requests-per-minute or tokens-per-minute.");
            result[judge] = new JudgeLimits(requests, tokens);
        }

        return result;
    }

    private static Dictionary<string, Scale> JudgeScales(ConfigurationSection top)
    {
        var result = new Dictionary<string, Scale>(StringComparer.Ordinal);
        if (top.Section("judge-scales", "Write a judge's name and '{min: 0, max: 4}'.") is not { } all) return result;
        foreach (var judge in all.Keys)
        {
            if (all.Section(judge, "Write '{min: 0, max: 4}'.") is not { } section) continue;
            const double Largest = 1e12;
            section.RequiredText("min", "Write the lowest score.");
            section.RequiredText("max", "Write the highest score.");
            var min = section.Number("min", -Largest, Largest, "a score");
            var max = section.Number("max", -Largest, Largest, "a score");
            var step = section.Number("step", 0, Largest, "a distance between scores (0 for a continuous scale)") ?? 0;
            var direction = section.OneOf("direction", ("higher-is-better", Direction.HigherIsBetter), ("lower-is-better", Direction.LowerIsBetter))
                ?? Direction.HigherIsBetter;
            section.RefuseUnknown();
            if (min is null || max is null) continue;
            if (max > min) result[judge] = new Scale(min.Value, max.Value, step, direction);
            else section.Problem("max", FormattableString.Invariant($"{section.Option("max")} is {max}, which is not greater than min {min}. Exchange them, or state 'direction: lower-is-better'."));
        }

        return result;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
