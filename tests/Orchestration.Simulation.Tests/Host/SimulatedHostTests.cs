using System.Collections.Concurrent;
using System.Globalization;
using Orchestration.Simulation.Host;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Host;

public sealed class SimulatedHostTests
{
    /// <summary>How many seeds, and from which on: a million overnight, or one that failed.</summary>
    private const string SeedsVariable = "ORCHESTRATION_SIMULATED_SEEDS";
    private const string FirstVariable = "ORCHESTRATION_SIMULATED_FIRST";

    private const string EventsVariable = "ORCHESTRATION_SIMULATED_EVENTS";

    private static readonly SimulatedHost Sound = new(new SimulationOptions { Events = (int)Setting(EventsVariable, 80) });

    /// <summary>Each mistake with the number of seeds within which it is found.</summary>
    public static TheoryData<string, int, int> Mistakes => new()
    {
        { nameof(PlantedBug.CheckpointWithoutEpoch), 3, 200 },
        { nameof(PlantedBug.RecordWithoutEpoch), 3, 500 },
        { nameof(PlantedBug.RenewWithoutEpoch), 3, 200 },
        { nameof(PlantedBug.SettleTwice), 6, 200 },
        { nameof(PlantedBug.SettleWithoutUnknown), 6, 200 },
        { nameof(PlantedBug.PutOverwrites), 2, 500 },
        { nameof(PlantedBug.PermitGrantedTwice), 5, 200 },
        { nameof(PlantedBug.ActiveWithoutEpoch), 7, 200 },
        { nameof(PlantedBug.ClaimNeverReleased), 2, 200 },
        { nameof(PlantedBug.ClaimGivenTwice), 2, 200 },
        { nameof(PlantedBug.CapIgnored), 6, 200 },
    };

    [Fact]
    public void Every_promise_holds_under_every_seed()
    {
        var seeds = Setting(SeedsVariable, 10_000);
        var first = Setting(FirstVariable, 1);
        var failed = new ConcurrentBag<SimulationResult>();
        long calls = 0;
        Parallel.For(0, (long)seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = TestContext.Current.CancellationToken }, (seed, state) =>
        {
            var result = Sound.Run(first + (ulong)seed);
            Interlocked.Add(ref calls, result.Calls);
            if (result.Violation is null) return;
            failed.Add(result);
            if (failed.Count >= 20) state.Stop();
        });
        failed.OrderBy(static result => result.Seed).Select(static result =>
            $"{result}\nAgain: {FirstVariable}={result.Seed} {SeedsVariable}=1 ./test simulation").Take(3).ShouldBeEmpty(
            $"{failed.Count} seeds: {string.Join(", ", failed.Select(static result => result.Seed).Order())}");
        calls.ShouldBeGreaterThan((long)seeds * 3, "the worlds are worked");
    }

    [Fact]
    public void A_seed_is_one_interleaving()
    {
        var traces = new HashSet<ulong>();
        for (var seed = 1UL; seed <= 60; seed++)
        {
            var once = Sound.Run(seed);
            new SimulatedHost().Run(seed).TraceHash.ShouldBe(once.TraceHash, $"seed {seed}");
            traces.Add(once.TraceHash);
        }

        traces.Count.ShouldBe(60);
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_in_the_store_is_found(string mistake, int promise, int within)
    {
        var host = new SimulatedHost { Planted = Enum.Parse<PlantedBug>(mistake) };
        for (var seed = 1UL; seed <= (ulong)within; seed++)
        {
            if (host.Run(seed) is not { Violation: { } violation } found) continue;
            violation.Promise.ShouldBe(promise, found.ToString());
            host.Run(seed).TraceHash.ShouldBe(found.TraceHash, "a failing seed replays");
            Sound.Run(seed).Violation.ShouldBeNull("without the mistake the same seed passes");
            TestContext.Current.TestOutputHelper?.WriteLine($"{mistake}: found by seed {seed}: {violation.What}");
            return;
        }

        Assert.Fail($"{mistake} is not found within {within} seeds.");
    }

    private static ulong Setting(string name, ulong otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
