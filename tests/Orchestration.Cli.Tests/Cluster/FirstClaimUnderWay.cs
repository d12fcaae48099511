using System.Reflection;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Tests.Cluster;

/// <summary>A store whose first claim of a shard takes until somebody has looked at the sweeps and asked for a shard after that.</summary>
public class FirstClaimUnderWay : DispatchProxy
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ISweepStore _sweeps = null!;
    private bool _wasLookedAt;

    /// <summary>Of which sweep the first claim was.</summary>
    public string? SweepId { get; private set; }

    /// <summary>Of which sweep the next was, after a look that began when the first was under way.</summary>
    public string? NextAfterTheLook { get; private set; }

    public static ISweepStore Of(ISweepStore sweeps)
    {
        var made = Create<ISweepStore, FirstClaimUnderWay>();
        ((FirstClaimUnderWay)made)._sweeps = sweeps;
        return made;
    }

#pragma warning disable CA2012 // A proxy hands on what the method returns, and nobody else has it.
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(ISweepStore.ClaimAsync) => ClaimAsync((string)args![0]!, () => (ValueTask<IReadOnlyList<ShardLease>>)targetMethod.Invoke(_sweeps, args)!),
        nameof(ISweepStore.OpenAsync) => OpenAsync((CancellationToken)args![0]!),
        _ => targetMethod.Invoke(_sweeps, args),
    };
#pragma warning restore CA2012

    private async ValueTask<IReadOnlyList<ShardLease>> ClaimAsync(string sweepId, Func<ValueTask<IReadOnlyList<ShardLease>>> claim)
    {
        var isFirst = false;
        lock (_lock)
        {
            if (SweepId is null) (SweepId, isFirst) = (sweepId, true);
            else if (_wasLookedAt && NextAfterTheLook is null)
            {
                NextAfterTheLook = sweepId;
                _asked.SetResult();
            }
        }

        if (isFirst) await _asked.Task;
        return await claim();
    }

    private async ValueTask<IReadOnlyList<OpenSweep>> OpenAsync(CancellationToken cancellationToken)
    {
        bool isLate;
        lock (_lock) isLate = SweepId is not null;
        var open = await _sweeps.OpenAsync(cancellationToken);
        lock (_lock) _wasLookedAt |= isLate;
        return open;
    }
}
