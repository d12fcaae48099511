using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Explaining;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Aggregators;

/// <summary><c>orchestrate aggregator explain</c>: one or more versions on rows with human scores, as one HTML file.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliContext context)
    {
        var versions = new Argument<string[]>("version") { Description = "NAME (its active version), NAME@VERSION, or VERSION; several are set side by side.", Arity = ArgumentArity.OneOrMore };
        var compare = new Option<string[]>("--compare") { Description = "Further versions to set beside the first.", AllowMultipleArgumentsPerToken = true };
        var scores = new Option<string[]>("--scores", "-s") { Description = "Rows with human scores, as 'orchestrate train' reads them. Default: the files that the first version was trained on.", AllowMultipleArgumentsPerToken = true };
        var target = new Option<string?>("--target") { Description = "Field of the human score; for comparisons, of the label. Default: the one that the version learned." };
        var group = new Option<string?>("--group") { Description = "Field that says which rows are of one prompt. Default: as the version was trained." };
        var weight = new Option<string?>("--weight") { Description = "Field with each row's weight. Default: as the version was trained." };
        var category = new Option<string>("--category") { Description = "Field of the categories that residuals are shown by; rows may lack it.", DefaultValueFactory = _ => "category" };
        var pairs = new Option<string[]>("--pairs") { Description = "Ids of rows whose contributions are shown, commas between them. Default: the most overrated, the most underrated and one in the middle.", AllowMultipleArgumentsPerToken = true };
        var simultaneous = new Option<bool>("--simultaneous") { Description = "Bands that hold a whole curve, instead of each of its points." };
        var refits = new Option<int>("--refits") { Description = "Refits on drawn prompts for the bands of models without a covariance; 0 for no bands there, else 10 to 1000.", DefaultValueFactory = _ => 40 };
        var noIntervals = new Option<bool>("--no-intervals") { Description = "Leave out how intervals fare on new prompts, for which the recipe is fitted folds × folds times." };
        var resamples = new Option<int>("--resamples") { Description = "Resamples for importance and its spread.", DefaultValueFactory = _ => 50 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of everything random but folds and fits, which have the version's.", DefaultValueFactory = _ => 0 };
        var file = new Option<string?>("--out", "--output", "-o") { Description = "The page. Default: explain-NAME-VERSION.html." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var store = SweepCommands.StoreOption();
        var command = new Command(
            "explain", "Writes one HTML page on a version: curves with bands and the judges' histograms, importance, concurvity, calibration, residuals, contributions, correlations; of several versions side by side. It needs nothing from anywhere, and no judge is called.")
        {
            versions, compare, scores, target, group, weight, category, pairs, simultaneous, refits, noIntervals, resamples, seed, file, store, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var startedAt = context.Time.GetTimestamp();
            var settings = new ExplainSettings
            {
                Simultaneous = parsed.GetValue(simultaneous),
                Refits = Within("--refits", parsed.GetValue(refits), static n => n is 0 or (>= 10 and <= 1000), "0, or 10 to 1000"),
                Intervals = !parsed.GetValue(noIntervals),
                Resamples = Within("--resamples", parsed.GetValue(resamples), static n => n is >= 2 and <= 10_000, "2 to 10000"),
                Pairs = [.. (parsed.GetValue(pairs) ?? []).SelectMany(static p => p.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
                Seed = parsed.GetValue(seed),
                MaxThreads = Environment.ProcessorCount,
            };
            var loaded = await LoadAsync(context, parsed.GetValue(store), [.. parsed.GetValue(versions)!, .. parsed.GetValue(compare) ?? []], cancellationToken);
            var basis = loaded[0].Version.Manifest.Basis;
            if (parsed.GetValue(target) is null && loaded.FirstOrDefault(v => v.Version.Manifest.Basis.Target.Field != basis.Target.Field) is { } other)
            {
                throw new OrchestrationException(
                    ErrorCodes.Usage, $"{loaded[0]} predicts '{basis.Target.Field}' and {other} '{other.Version.Manifest.Basis.Target.Field}'. Set versions side by side that predict the same, or say with --target what both are to be held against.");
            }

            var input = new TrainingInput
            {
                Files = FilesOf(parsed.GetValue(scores) ?? [], loaded[0]),
                StandardInput = context.StandardInput,
                Target = parsed.GetValue(target) ?? basis.Target.Field,
                Group = parsed.GetValue(group) ?? basis.Training.GroupField,
                Weight = parsed.GetValue(weight) ?? basis.Training.WeightField,
                Part = parsed.GetValue(category),
                PartMayBeMissing = true,
                Judges = [.. loaded.SelectMany(static v => v.Judges).Select(static j => j.Name).Distinct(StringComparer.Ordinal)],
            };
            var rows = TrainingReader.Read(input, cancellationToken);
            if (rows.Rejected != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows.Rejected:N0} rows cannot be read and are left out. The first: {rows.FirstReject}"));
            if (rows.Unlabelled != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows.Unlabelled:N0} rows have no value in '{input.Target}' and are left out"));
            var explanation = AggregatorExplainer.Explain(loaded, rows, input, settings, cancellationToken);
            var path = Path.GetFullPath(parsed.GetValue(file) ?? $"explain-{loaded[0].Version.Manifest.Name}-{loaded[0].Version.ShortId}.html");
            var made = $"Made by orchestrate {SweepDefinition.ProductVersion} on {context.Time.GetUtcNow().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC from {string.Join(", ", input.Files)}. The page needs nothing else.";
            await WriteAsync(path, ExplanationPage.Write(explanation, made), cancellationToken);
            foreach (var note in explanation.Notes) await context.Error.WriteLineAsync(note);
            foreach (var version in explanation.Versions) await context.Out.WriteLineAsync($"{version.Label}: measured {version.BasisSentence}");
            await context.Out.WriteLineAsync($"explained in {path}");
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(ExplainView.ToLine(explanation, path, context.Time.GetElapsedTime(startedAt).TotalSeconds));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static async Task<List<LoadedVersion>> LoadAsync(CliContext context, string? store, string[] names, CancellationToken cancellationToken)
    {
        await using var host = await EmbeddedHost.OpenAsync(context, null, store, cancellationToken);
        var registry = new AggregatorRegistry(host.Store.Aggregators);
        var loaded = new List<LoadedVersion>();
        foreach (var name in names)
        {
            var version = LoadedVersion.Load(await AggregatorCommands.FindAsync(host, await registry.ResolveAsync(name, cancellationToken), cancellationToken));
            if (loaded.All(v => v.Id != version.Id || v.Version.Manifest.Name != version.Version.Manifest.Name)) loaded.Add(version);
        }

        return loaded;
    }

    private static string[] FilesOf(string[] named, LoadedVersion version)
    {
        if (named.Length != 0) return named;
        string[] paths = [.. version.Version.Manifest.Inputs.Select(static i => i.Path)];
        if (paths.Length == 0 || paths.FirstOrDefault(static p => !File.Exists(p)) is not null)
        {
            throw new OrchestrationException(
                ErrorCodes.Input, $"{version} was trained on {(paths.Length == 0 ? "files that it does not name" : string.Join(", ", paths))}, which cannot be read here. Name rows with human scores with --scores.");
        }

        return paths;
    }

    private static async Task WriteAsync(string path, string page, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, page, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Usage, $"--out {path} cannot be written: {e.Message}", e);
        }
    }

    private static int Within(string option, int value, Func<int, bool> isGood, string range) => isGood(value)
        ? value
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option} {value}: {range}."));
}
