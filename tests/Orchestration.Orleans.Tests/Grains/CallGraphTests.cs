using System.Reflection;
using System.Reflection.Emit;
using Orchestration.Core.Pairs;
using Orchestration.Core.Routing;
using Orchestration.Core.Sweeps;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Contracts;
using Orchestration.Testing;
using Orleans;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Grains;

/// <summary>The call graph has no cycle: no grain can ever wait for itself.</summary>
public sealed class CallGraphTests(LivingCluster cluster) : IClassFixture<LivingCluster>
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Host = typeof(IJudgeGrain).Assembly;

    private static readonly Dictionary<ushort, OpCode> Codes = typeof(OpCodes).GetFields().Select(static field => field.GetValue(null)).OfType<OpCode>().ToDictionary(static code => (ushort)code.Value);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_grain_is_in_the_graph_and_none_calls_an_earlier_one_or_itself()
    {
        var grains = Host.GetTypes().Where(static type => typeof(Grain).IsAssignableFrom(type)).Select(static type => type.Name[..^"Grain".Length].ToLowerInvariant());
        CallGraph.Declared.Select(static declared => declared.Grain).Order(StringComparer.Ordinal).ShouldBe(grains.Order(StringComparer.Ordinal));
        var order = CallGraph.Declared.Select(static declared => declared.Grain).ToList();
        foreach (var (grain, calls) in CallGraph.Declared) calls.ShouldAllBe(called => order.IndexOf(called) > order.IndexOf(grain));
    }

    /// <summary>Read from the compiled code: where a grain is asked for at all. Whoever adds a place says here, and in the graph, what calls what by it.</summary>
    [Fact]
    public void Grains_are_asked_for_in_these_places_and_nowhere_else()
    {
        var places = Host.GetTypes().SelectMany(static type => Asked(type).Select(grain => (Place: Outermost(type).Name, Grain: grain))).Where(static asked => asked.Grain != "IManagementGrain").Distinct();
        places.Where(static asked => !asked.Place.StartsWith("Orleans", StringComparison.Ordinal) && !asked.Place.StartsWith("Grain", StringComparison.Ordinal)).Order().ShouldBe(
        [
            ("SiloAggregators", "IAggregatorGrain"),
            ("SiloJudges", "IJudgeGrain"),
            ("SiloLife", "IShardGrain"),
            ("SweepGrain", "IShardGrain"),
        ]);

        // Clients, which are in no grain, and the one authority of permits that every silo has.
        places.Where(static asked => asked.Place.StartsWith("Grain", StringComparison.Ordinal) || asked.Place.StartsWith("Orleans", StringComparison.Ordinal)).Order().ShouldBe(
        [
            ("GrainAggregator", "IAggregatorWorkerGrain"),
            ("GrainJudge", "IJudgeWorkerGrain"),
            ("GrainPairs", "IPairEvaluationGrain"),
            ("GrainPairs", "by its address"),
            ("GrainQuotaAuthority", "IDeploymentGrain"),
            ("GrainRouter", "IRouterGrain"),
            ("GrainRouter", "IRouterWorkerGrain"),
            ("OrleansActors", "IJudgeGrain"),
        ]);
        Host.GetTypes().Where(static type => type.Namespace == "Orchestration.Orleans.Grains" || type.Namespace == "Orchestration.Orleans.Hosting").SelectMany(Mentioned)
            .ShouldNotContain(static type => type.Namespace == typeof(OrleansActors).Namespace, "a silo's own code is no client");
    }

    [Fact]
    public async Task What_grains_are_seen_to_call_is_in_the_graph()
    {
        // Each way to a paid judge by a judge of its own, whose share is leased at its first question.
        var silo = cluster.GrainsOf(0);
        var pair = new Pair { Id = "p", Prompt = "Why?", Answer = "Because it is so.", Group = "g" };
        (await silo.GetGrain<IJudgeWorkerGrain>("clarity@local").JudgeAsync(new JudgeQuestion { Pairs = [pair] })).Judgments.Count.ShouldBe(1);

        var terms = await cluster.Client.GetGrain<IJudgeGrain>("helpfulness@local").DescribeAsync();
        (await new GrainPairs(cluster.Client).AskAsync(new EvaluationQuestion { Pair = pair }, JudgeSet.Of([terms.Descriptor]))).Judgments[0].IsScored.ShouldBeTrue();

        var versions = await Swaps.TrainAsync(cluster.At("rows.jsonl"), arguments => cluster.RunAsync(arguments), cluster.Parts[0].Store.Aggregators);
        versions.Length.ShouldBe(2);
        var predictor = silo.GetGrain<IAggregatorWorkerGrain>(Swaps.Name);
        (await predictor.PredictAsync(Swaps.Request)).ShouldNotBeNull();
        await cluster.Client.GetGrain<IAggregatorGrain>(Swaps.Name).LookAsync();

        var router = silo.GetGrain<IRouterWorkerGrain>(RouterConfig.RouterName);
        var decision = await router.DecideAsync(new RouteRequest { Model = "auto:fixed", Prompt = new RoutingPrompt("Why?") });
        await router.ObserveAsync("small", new ExpertCall(ExpertCallKind.Answered, TimeSpan.FromMilliseconds(5)));
        await router.CompleteAsync(new RouteOutcome { Decision = decision, Steps = [], AnsweredBy = "small", Status = 200 });
        await silo.GetGrain<IRouterGrain>(RouterConfig.RouterName).FindAsync(decision.Id);

        await cluster.RunAsync(
            "sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "relevance", "truthfulness@local", "--out", cluster.At("out"), "--max-cost", "8", "--rows-per-shard", "32", "--detach");
        var sweep = cluster.Client.GetGrain<ISweepGrain>("s1");
        await sweep.StartAsync();
        while ((await sweep.StatusAsync()).State == SweepState.Running) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancelled);

        cluster.Calls.Check();
        var seen = cluster.Calls.Seen;
        seen.ShouldContain(("sweep", "shard"));
        foreach (var caller in new[] { "judgeworker", "pairevaluation", "shard" }) seen.ShouldContain((caller, "judge"), string.Join(' ', seen));
        seen.ShouldContain(static call => call.To == "deployment");
    }

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    /// <summary>The grains that methods of a type ask a factory for.</summary>
    private static IEnumerable<string> Asked(Type type) => Called(type)
        .Where(static method => method.Name == nameof(IGrainFactory.GetGrain)).Select(static method => method.IsGenericMethod ? method.GetGenericArguments()[0].Name : "by its address");

    private static IEnumerable<Type> Mentioned(Type type) => Called(type).Select(static method => method.DeclaringType!).Where(static declaring => declaring is not null);

    /// <summary>The methods that those of a type call, from their code.</summary>
    private static IEnumerable<MethodBase> Called(Type type)
    {
        var typeArguments = type.IsGenericType ? type.GetGenericArguments() : null;
        foreach (var method in type.GetMembers(All).OfType<MethodBase>())
        {
            if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) continue;
            var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
            for (var at = 0; at < code.Length;)
            {
                var word = code[at] == 0xFE ? (ushort)((code[at] << 8) | code[at + 1]) : code[at];
                var instruction = Codes[word];
                at += instruction.Size;
                if (instruction.OperandType == OperandType.InlineMethod) yield return type.Module.ResolveMethod(BitConverter.ToInt32(code, at), typeArguments, methodArguments)!;
                at += instruction.OperandType switch
                {
                    OperandType.InlineNone => 0,
                    OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                    OperandType.InlineVar => 2,
                    OperandType.InlineI8 or OperandType.InlineR => 8,
                    OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                    _ => 4,
                };
            }
        }
    }
}
