using System.Collections.Concurrent;
using Orleans.Hosting;
using Orleans.Runtime;
using Shouldly;

namespace Orchestration.Orleans.Tests.Grains;

/// <summary>
/// Which grain calls which, as it was decided and as it is seen. A call made beside a grain's turn, on the thread pool, is that grain's too: who called last travels with whatever a call begins.
/// </summary>
internal sealed class CallGraph
{
    private const string Caller = "orchestration.tests.caller";

    private readonly ConcurrentDictionary<(string From, string To), int> _seen = new();

    /// <summary>By grain, in the order of the calls: a later one calls no earlier one, nor itself.</summary>
    public static IReadOnlyList<(string Grain, string[] Calls)> Declared { get; } =
    [
        ("sweep", ["shard"]),
        ("shard", ["judge", "deployment", "aggregator"]),
        ("pairevaluation", ["judge", "deployment", "aggregator"]),
        ("judgeworker", ["judge", "deployment"]),
        ("routerworker", ["judge", "deployment", "aggregator"]),
        ("aggregatorworker", ["aggregator"]),
        ("router", []),
        ("judge", []),
        ("deployment", []),
        ("aggregator", []),
    ];

    /// <summary>Calls between grains so far.</summary>
    public IReadOnlyCollection<(string From, string To)> Seen => [.. _seen.Keys];

    /// <summary>From now on calls in a silo are seen.</summary>
    public void Watch(ISiloBuilder silo) => silo.AddIncomingGrainCallFilter(call =>
    {
        var called = call.TargetId.Type.ToString()!;
        if (Declared.All(declared => declared.Grain != called)) return call.Invoke();
        if (RequestContext.Get(Caller) is string caller) _seen.AddOrUpdate((caller, called), 1, static (_, count) => count + 1);
        return CalledAsync(call, called);
    });

    /// <summary>Nothing was seen that was not declared.</summary>
    public void Check() => Seen.ShouldAllBe(call => Declared.First(declared => declared.Grain == call.From).Calls.Contains(call.To));

    private static async Task CalledAsync(global::Orleans.IIncomingGrainCallContext call, string called)
    {
        RequestContext.Set(Caller, called);
        await call.Invoke();
    }
}
