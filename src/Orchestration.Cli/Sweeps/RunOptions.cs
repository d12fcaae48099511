using System.CommandLine;
using Orchestration.Core;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Cli.Sweeps;

/// <summary>The options of <c>sweep run</c> and <c>compare run</c>, declared once and read into <see cref="SweepRunSettings"/>.</summary>
internal sealed class RunOptions
{
    private readonly DataKind _kind;
    private readonly Option<string[]> _inputs;
    private readonly Option<string[]> _judges = new("--judges", "-j") { Description = "Judge, several: an id, 'code', RUBRIC@DEPLOYMENT, a reward deployment, a judge set, or replay:FILE. Commas separate too.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _out = new("--out", "-o") { Description = "Folder for results, rejects and summary. Default: runs/DATE-TIME." };
    private readonly Option<long?> _limit = new("--limit") { Description = "Only the first N good rows." };
    private readonly Option<long?> _sample = new("--sample") { Description = "N rows drawn by --seed, kept in input order." };
    private readonly Option<long> _seed = new("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
    private readonly Option<int?> _concurrency = new("--concurrency") { Description = "Calls in flight at once per deployment; default: the deployment's own." };
    private readonly Option<decimal?> _maxCost = new("--max-cost") { Description = "Stop before this many US dollars are spent (exit status 3; resume with a higher one)." };
    private readonly Option<double> _minCoverage = new("--min-coverage") { Description = "Least share of judges with a score for a pair to get an aggregated score.", DefaultValueFactory = _ => 0.8 };
    private readonly Option<string?> _maxUnscored = new("--max-unscored") { Description = "Exit status 1 when more judgments than this are without a score: a count or a share such as 5%. Default: any number." };
    private readonly Option<string[]> _map = new("--map") { Description = "Field names of your file: ours=yours, such as answer=response.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _keep = new("--keep") { Description = "Further fields of the rows to pass through to the results.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _scale = new("--scale") { Description = "Scale of a recorded judge: NAME=MIN..MAX, ':lower' behind it where lower is better; '*' for all others.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> _rowsPerShard = new("--rows-per-shard") { Description = "Rows that are checkpointed together. Default: 4096, or 256 with judges that call a model." };
    private readonly Option<int> _priority = new("--priority") { Description = "Workers take shards of sweeps with a higher number first.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _detach = new("--detach") { Description = "Only register the sweep and its data: 'orchestrate work' does it, on any machine with the store; 'sweep wait' waits for it." };
    private readonly Option<bool> _batch = new("--batch") { Description = "Ask language models by files of the batch API, within a day and for a part of the price; single calls for what failed." };
    private readonly Option<string?> _aggregator = new("--aggregator", "-a") { Description = "A learned aggregator: NAME (the version active now), NAME@VERSION or VERSION; fixed at the start. Default: the mean of the judges; for comparisons none." };
    private readonly Option<bool> _followActive = new("--follow-active") { Description = "With --aggregator NAME: whatever version is active when a shard is done. A rerun may differ." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be called and what it would cost, and call nothing." };
    private readonly Option<bool> _rationales = SweepCommands.RationalesOption();
    private readonly Option<bool> _json = new("--json") { Description = "End standard output with one JSON object." };

    public RunOptions(DataKind kind)
    {
        _kind = kind;
        _inputs = kind == DataKind.Pairs
            ? new Option<string[]>("--pairs", "-p") { Description = "Files of pairs (JSON lines, CSV, gzip of both); '-' for standard input.", Required = true, AllowMultipleArgumentsPerToken = true }
            : new Option<string[]>("--comparisons", "-c", "--pairs") { Description = "Files of comparisons (JSON lines, CSV, gzip of both, JudgeBench's own); '-' for standard input.", Required = true, AllowMultipleArgumentsPerToken = true };
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
            { _inputs, _judges, _out, _limit, _sample, _seed, _concurrency, _maxCost, _minCoverage, _maxUnscored, _map, _keep, _scale, _rowsPerShard, _priority, _detach, _batch, _aggregator, _followActive, _dryRun, _rationales, _json })
            command.Options.Add(option);
    }

    public SweepRunSettings Read(ParseResult parsed, string? config, string? store)
    {
        var settings = new SweepRunSettings
        {
            Kind = _kind,
            Inputs = parsed.GetValue(_inputs)!,
            Judges = [.. parsed.GetValue(_judges)!.SelectMany(SplitSpecs)],
            Config = config,
            Store = store,
            Out = parsed.GetValue(_out),
            Limit = parsed.GetValue(_limit),
            Sample = parsed.GetValue(_sample),
            Seed = parsed.GetValue(_seed),
            Concurrency = parsed.GetValue(_concurrency),
            MaxCostUsd = parsed.GetValue(_maxCost),
            MinCoverage = parsed.GetValue(_minCoverage),
            MaxUnscored = MaxUnscored.Parse(parsed.GetValue(_maxUnscored)),
            RowsPerShard = parsed.GetValue(_rowsPerShard),
            Map = SweepRunSettings.ParseMap(parsed.GetValue(_map) ?? []),
            Keep = parsed.GetValue(_keep) ?? [],
            Scales = SweepRunSettings.ParseScales(parsed.GetValue(_scale) ?? []),
            Batch = parsed.GetValue(_batch),
            Priority = parsed.GetValue(_priority),
            Detach = parsed.GetValue(_detach),
            Aggregator = parsed.GetValue(_aggregator),
            FollowActive = parsed.GetValue(_followActive),
            DryRun = parsed.GetValue(_dryRun),
            Rationales = parsed.GetValue(_rationales),
            Json = parsed.GetValue(_json),
        };
        Check(settings);
        return settings;
    }

    // A file's name may hold a comma; judges' names never do.
    private static IEnumerable<string> SplitSpecs(string text) => text.StartsWith("replay:", StringComparison.Ordinal)
        ? [text]
        : text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static void Check(SweepRunSettings settings)
    {
        Require(settings.Limit is null or > 0, $"--limit {settings.Limit}: a number of rows, at least 1.");
        Require(settings.Sample is null or > 0, $"--sample {settings.Sample}: a number of rows, at least 1.");
        Require(settings.Limit is null || settings.Sample is null, $"--limit and --sample: give one of them.");
        Require(settings.Concurrency is null or (> 0 and <= 4096), $"--concurrency {settings.Concurrency}: calls at once, 1 to 4096.");
        Require(settings.MaxCostUsd is null or > 0, $"--max-cost {settings.MaxCostUsd}: US dollars, more than 0. Use --dry-run to spend nothing.");
        Require(settings.MinCoverage is >= 0 and <= 1, $"--min-coverage {settings.MinCoverage}: a share from 0 to 1.");
        Require(!settings.FollowActive || settings.Aggregator is not null, $"--follow-active: name the aggregator to follow with --aggregator NAME.");
        Require(!settings.Detach || !settings.Batch, $"--detach and --batch: workers make single calls; leave one out.");
        Require(!settings.Detach || settings.MaxUnscored is null, $"--detach and --max-unscored: give --max-unscored to 'sweep wait'.");
        Require(settings.RowsPerShard is null or (>= 1 and <= 65_536), $"--rows-per-shard {settings.RowsPerShard}: 1 to 65,536 rows.");
        foreach (var input in settings.Inputs.Where(i => i != "-"))
        {
            Require(!Directory.Exists(input), $"{input} is a folder: name the files in it.");
            if (!File.Exists(input)) throw new OrchestrationException(ErrorCodes.Input, $"{input}: there is no such file.");
        }
    }

    private static void Require(bool condition, FormattableString message)
    {
        if (!condition) throw new OrchestrationException(ErrorCodes.Usage, FormattableString.Invariant(message));
    }
}
