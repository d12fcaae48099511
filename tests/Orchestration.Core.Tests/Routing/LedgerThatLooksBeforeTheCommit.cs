using System.Reflection;
using System.Threading.Channels;
using Orchestration.Core.Routing;

namespace Orchestration.Core.Tests.Routing;

/// <summary>A ledger that takes routes and finds none: each time it has looked before they came.</summary>
public class LedgerThatLooksBeforeTheCommit : DispatchProxy
{
    public static IRouterLedger Create() => DispatchProxy.Create<IRouterLedger, LedgerThatLooksBeforeTheCommit>();

    public Func<Task> Looked { get; set; } = static () => Task.CompletedTask;

    /// <summary>What was written, batch by batch.</summary>
    public Channel<string[]> Batches { get; } = Channel.CreateUnbounded<string[]>();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod!.Name)
        {
            case nameof(IRouterLedger.AppendAsync):
                Batches.Writer.TryWrite([.. ((RouteBatch)args![0]!).Routes.Select(static r => r.Decision.Id)]);
                return default(ValueTask);
            case nameof(IRouterLedger.FindAsync):
                return new ValueTask<RouteRecord?>(NothingAsync());
            case nameof(IRouterLedger.RatingsAsync):
                return new ValueTask<IReadOnlyList<StoredRating>>([]);
            default:
                throw new NotSupportedException(targetMethod.Name);
        }
    }

    private async Task<RouteRecord?> NothingAsync()
    {
        await Looked();
        return null;
    }
}
