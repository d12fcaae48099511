using System.CommandLine;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Meta;

/// <summary>The options that all of <c>meta</c> have: what is read, and how bounds are drawn.</summary>
internal sealed class MetaOptions
{
    private readonly Option<string[]> _files;
    private readonly Option<string?> _rejects = new("--rejects") { Description = "File for bad rows. Default: they are counted, and the first is shown." };
    private readonly Option<int>? _resamples;
    private readonly Option<ulong> _seed = new("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
    private readonly Option<string?> _html = CheckOutput.HtmlOption();
    private readonly Option<bool> _json = new("--json") { Description = "End standard output with one JSON object." };

    public MetaOptions(string name, string description, int? resamples, bool isRequired = true)
    {
        _files = new Option<string[]>(name) { Description = description, Required = isRequired, AllowMultipleArgumentsPerToken = true };
        if (resamples is { } count) _resamples = new Option<int>("--resamples") { Description = "Resamples of the prompts for bounds.", DefaultValueFactory = _ => count };
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_files);
        if (_resamples is not null) command.Options.Add(_resamples);
        command.Options.Add(_seed);
        command.Options.Add(_rejects);
        command.Options.Add(_html);
        command.Options.Add(_json);
    }

    public IReadOnlyList<string> Files(ParseResult parsed) => parsed.GetValue(_files) ?? [];

    public RowInput Input(ParseResult parsed, CliContext context) => new() { Files = parsed.GetValue(_files) ?? [], RejectsPath = parsed.GetValue(_rejects), StandardInput = context.StandardInput };

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    public string? Html(ParseResult parsed) => parsed.GetValue(_html);

    /// <summary>What a page says of inputs, resamples and seed.</summary>
    public IReadOnlyList<CheckFact> Facts(ParseResult parsed)
    {
        var seed = ("seed", parsed.GetValue(_seed).ToString(CultureInfo.InvariantCulture));
        return _resamples is null ? CheckOutput.Facts(Files(parsed), seed) : CheckOutput.Facts(Files(parsed), ("resamples", parsed.GetValue(_resamples).ToString("N0", CultureInfo.InvariantCulture)), seed);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public BootstrapOptions Bootstrap(ParseResult parsed, CancellationToken cancellationToken) => new()
    {
        Resamples = Within("--resamples", parsed.GetValue(_resamples!), 20, 1_000_000),
        Seed = parsed.GetValue(_seed),
        MaxThreads = Environment.ProcessorCount,
        Cancellation = cancellationToken,
    };

    public static int Within(string option, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option} {value}: {least} to {most}."));

    public static string[] Split(string? values) => (values ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
