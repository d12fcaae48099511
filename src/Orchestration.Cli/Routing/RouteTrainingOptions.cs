using System.CommandLine;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Cli.Routing;

/// <summary>The options by which a routing model is trained, wherever one is.</summary>
internal sealed class RouteTrainingOptions
{
    private readonly Option<double?> _penalty = new("--penalty") { Description = "Penalty of the ridge on words, above 0. Default: chosen on training rows." };
    private readonly Option<int> _inner = new("--inner-folds") { Description = "Folds inside the training rows, by which everything is chosen.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _neighbours = new("--neighbours") { Description = "Neighbours of 'nearest'.", DefaultValueFactory = _ => 100 };
    private readonly Option<int> _clusters = new("--clusters") { Description = "Clusters of 'clusters'.", DefaultValueFactory = _ => 24 };
    private readonly Option<double> _abstain = new("--abstain") { Description = "Share of the history's own prompts that would count as unlike it: the bar at which a router abstains. 0 for never.", DefaultValueFactory = _ => 0.04 };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };

    public void AddTo(Command command)
    {
        command.Options.Add(_penalty);
        command.Options.Add(_inner);
        command.Options.Add(_neighbours);
        command.Options.Add(_clusters);
        command.Options.Add(_abstain);
        command.Options.Add(_seed);
    }

    public RoutingTraining Read(ParseResult parsed, string kind, CancellationToken cancellationToken) => new()
    {
        Kind = kind,
        Penalty = parsed.GetValue(_penalty),
        Folds = parsed.GetValue(_inner),
        Neighbours = parsed.GetValue(_neighbours),
        Clusters = parsed.GetValue(_clusters),
        Abstain = parsed.GetValue(_abstain),
        Seed = parsed.GetValue(_seed),
        MaxThreads = Environment.ProcessorCount,
        Cancellation = cancellationToken,
    };

    /// <summary>Says on standard error which rows were bad.</summary>
    public static async Task TellRejectsAsync(CliContext context, Core.MetaEvaluation.RowReport report, string? path)
    {
        if (report.Rejected == 0) return;
        await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{report.Rejected:N0} rows rejected{(path is null ? "" : $": see {path}")}. The first: {report.FirstReject}"));
    }
}
