using Orchestration.Core.Sweeps;
using Orleans;

namespace Orchestration.Orleans.Contracts;

/// <summary>
/// One sweep, to be started and looked at. Key: the sweep's id. Its data, shards and results are in the store, and every silo takes shards of it by itself; this grain commands and tells.
/// </summary>
[Alias("orchestration.sweep")]
public interface ISweepGrain : IGrainWithStringKey
{
    /// <summary>Lets it be worked (again) and returns at once. A sweep that is being worked already stays so.</summary>
    /// <exception cref="Core.OrchestrationException">There is no such sweep, or it has ended for good.</exception>
    [Alias("start")]
    Task<SweepStatus> StartAsync();

    /// <summary>Where it stands.</summary>
    [Alias("status")]
    Task<SweepStatus> StatusAsync();

    /// <summary>Pauses it: every silo gives its shards of it back within a second.</summary>
    [Alias("pause")]
    Task<SweepStatus> PauseAsync();

    /// <summary>Gives it up for good.</summary>
    [Alias("cancel")]
    Task<SweepStatus> CancelAsync();
}

/// <summary>Where a sweep stands.</summary>
/// <param name="State">Its state.</param>
/// <param name="Shards">All its shards.</param>
/// <param name="ShardsDone">Shards whose result is committed.</param>
/// <param name="Rows">All its rows.</param>
/// <param name="RowsDone">Rows in done shards.</param>
/// <param name="Held">Shards in work, by the owner that holds them.</param>
[GenerateSerializer, Immutable, Alias("orchestration.sweep-status")]
public sealed record SweepStatus(
    [property: Id(0)] SweepState State,
    [property: Id(1)] int Shards,
    [property: Id(2)] int ShardsDone,
    [property: Id(3)] long Rows,
    [property: Id(4)] long RowsDone,
    [property: Id(5)] Dictionary<string, int> Held)
{
    /// <summary>Where a sweep stands, as it travels.</summary>
    public static SweepStatus Of(SweepStanding standing)
    {
        ArgumentNullException.ThrowIfNull(standing);
        var progress = standing.Progress;
        return new SweepStatus(standing.State, progress.Shards, progress.ShardsDone, progress.Rows, progress.RowsDone, new Dictionary<string, int>(standing.Held, StringComparer.Ordinal));
    }
}

/// <summary>
/// The hands of one silo: works shards of all sweeps of the store, as many at once as the silo has slots. Key: the silo's address; it lives there and nowhere else. Shards spread over silos because
/// each claims what it has room for; those of a silo that died are claimed by the others.
/// </summary>
[Alias("orchestration.shard")]
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>Begins to work and returns at once; where it works already, nothing happens.</summary>
    [Alias("start")]
    Task StartAsync();

    /// <summary>What it does.</summary>
    [Alias("status")]
    Task<ShardStatus> StatusAsync();

    /// <summary>Claims nothing more, finishes the calls in flight and gives unfinished shards back. Returns at once; <see cref="StatusAsync"/> says when it is done.</summary>
    [Alias("drain")]
    Task DrainAsync();
}

/// <summary>What a silo's hands do.</summary>
/// <param name="IsWorking">False before it was started and once it has drained.</param>
/// <param name="Shards">Shards in work.</param>
/// <param name="Rows">Rows finished by this silo.</param>
/// <param name="Judgments">Judgments made or found by this silo.</param>
/// <param name="Owner">The owner under which it claims.</param>
[GenerateSerializer, Immutable, Alias("orchestration.shard-status")]
public sealed record ShardStatus(
    [property: Id(0)] bool IsWorking, [property: Id(1)] int Shards, [property: Id(2)] long Rows, [property: Id(3)] long Judgments, [property: Id(4)] string Owner);
