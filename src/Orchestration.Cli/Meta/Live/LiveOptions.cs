using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs;

namespace Orchestration.Cli.Meta.Live;

/// <summary>What a check that asks judges was told.</summary>
internal sealed record LiveSettings
{
    public required IReadOnlyList<string> Files { get; init; }

    public required IReadOnlyList<string> Judges { get; init; }

    public string? Config { get; init; }

    public string? Store { get; init; }

    /// <summary>Where derived data and results go.</summary>
    public required string Folder { get; init; }

    public int? Sample { get; init; }

    public int? Concurrency { get; init; }

    public decimal? MaxCostUsd { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>The options of checks that ask judges: data, judges, and what a sweep has.</summary>
internal sealed class LiveOptions
{
    private readonly Option<string[]> _data;
    private readonly Option<string[]> _judges = new("--judges", "-j") { Description = "With --data: judges as in 'sweep run' (a code judge, RUBRIC@DEPLOYMENT, a panel, a reward deployment, a judge set).", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _config = SweepCommands.ConfigOption();
    private readonly Option<string?> _store = SweepCommands.StoreOption();
    private readonly Option<string?> _out = new("--out", "-o") { Description = "With --data: folder for the derived data and what was said of it. Default: beside the store, named by data, judges and options." };
    private readonly Option<int?> _sample = new("--sample") { Description = "With --data: about so many rows, whole prompts drawn by --seed." };
    private readonly Option<int?> _concurrency = new("--concurrency") { Description = "Calls in flight at once per deployment; default: the deployment's own." };
    private readonly Option<decimal?> _maxCost = new("--max-cost") { Description = "Stop before this many US dollars are spent on this check, all runs of it together (exit status 3; go on with a higher one)." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be asked and what it would cost, and ask nothing." };

    public LiveOptions(string data) => _data = new Option<string[]>("--data", "-d") { Description = data, AllowMultipleArgumentsPerToken = true };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _data, _judges, _config, _store, _out, _sample, _concurrency, _maxCost, _dryRun }) command.Options.Add(option);
    }

    /// <summary>True where judges are to be asked; then recorded files are none of the command's, and the other way round.</summary>
    /// <exception cref="OrchestrationException">Neither, both, or judges without data (<see cref="ErrorCodes.Usage"/>).</exception>
    public bool IsLive(ParseResult parsed, string recordedOptions, bool hasRecorded)
    {
        var hasData = parsed.GetValue(_data) is { Length: > 0 };
        if (hasData == hasRecorded) throw new OrchestrationException(ErrorCodes.Usage, hasData ? $"--data asks judges, and {recordedOptions} reads what they said: give one of them." : $"Give --data with --judges to ask judges, or {recordedOptions} for what was recorded.");
        if (hasData && parsed.GetValue(_judges) is not { Length: > 0 }) throw new OrchestrationException(ErrorCodes.Usage, "--data: name the judges to ask with --judges.");
        if (!hasData && parsed.GetValue(_judges) is { Length: > 0 }) throw new OrchestrationException(ErrorCodes.Usage, "--judges: recorded files say what judges said; to ask judges, give --data.");
        return hasData;
    }

    /// <summary>Reads and checks them.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="context">The world outside.</param>
    /// <param name="check">The check's name.</param>
    /// <param name="more">What else decides the derived data.</param>
    public LiveSettings Read(ParseResult parsed, CliContext context, string check, params string[] more)
    {
        var files = parsed.GetValue(_data)!;
        foreach (var file in files)
        {
            if (file == "-") throw new OrchestrationException(ErrorCodes.Usage, "--data -: a check reads its data again when it goes on. Write it to a file.");
            if (Directory.Exists(file)) throw new OrchestrationException(ErrorCodes.Usage, $"{file} is a folder: name the files in it.");
            if (!File.Exists(file)) throw new OrchestrationException(ErrorCodes.Input, $"{file}: there is no such file.");
        }

        string[] judges = [.. parsed.GetValue(_judges)!.SelectMany(static j => j.StartsWith("replay:", StringComparison.Ordinal) ? [j] : MetaOptions.Split(j))];
        var sample = parsed.GetValue(_sample);
        if (sample is < 1) throw new OrchestrationException(ErrorCodes.Usage, $"--sample {sample}: a number of rows, at least 1.");
        if (parsed.GetValue(_concurrency) is < 1 or > 4096) throw new OrchestrationException(ErrorCodes.Usage, "--concurrency: calls at once, 1 to 4096.");
        if (parsed.GetValue(_maxCost) is <= 0) throw new OrchestrationException(ErrorCodes.Usage, "--max-cost: US dollars, more than 0. Use --dry-run to spend nothing.");
        var name = PairHash.Of([check, .. files.Select(Path.GetFullPath), .. judges, sample?.ToString(CultureInfo.InvariantCulture) ?? "all", .. more]).ToString()[..12];
        return new LiveSettings
        {
            Files = files,
            Judges = judges,
            Config = parsed.GetValue(_config),
            Store = parsed.GetValue(_store),
            Folder = Path.GetFullPath(parsed.GetValue(_out) ?? Path.Combine(EmbeddedHost.LocalFolder(context, parsed.GetValue(_store)), "meta", $"{check}-{name}")),
            Sample = sample,
            Concurrency = parsed.GetValue(_concurrency),
            MaxCostUsd = parsed.GetValue(_maxCost),
            DryRun = parsed.GetValue(_dryRun),
        };
    }
}
