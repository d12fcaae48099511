using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Learning.Selection;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Aggregation;

public sealed class AggregatorRegistryTests
{
    private static readonly PairedGain Gain = new(0.1, 0.02, 0.05, 0.15, 70);
    private readonly IAggregatorCatalog _catalog = new InMemoryData(new ManualTime()).Open().Aggregators;
    private readonly AggregatorRegistry _registry;

    public AggregatorRegistryTests() => _registry = new AggregatorRegistry(_catalog);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ActivationVerdict Passed => ActivationTest.Decide(Gain, 5);

    private static ActivationVerdict Failed => ActivationTest.Decide(Gain with { Lower = -0.01 }, 5);

    [Fact]
    public async Task What_passes_becomes_active_and_what_does_not_leaves_what_was_and_both_are_recorded()
    {
        var (first, second) = (await _catalog.AddAsync(1), await _catalog.AddAsync(2));
        var accepted = await _registry.ActivateAsync(await SettingAsync(), first, Passed, null, "someone", Cancel);
        accepted.Active.ShouldBeTrue();
        accepted.Reason.ShouldBe(Passed.Sentence);
        var refused = await _registry.ActivateAsync(await SettingAsync(), second, Failed, null, null, Cancel);
        refused.Active.ShouldBeFalse();
        (await SettingAsync()).Active.ShouldBe(first);
        var attempts = await _catalog.AttemptsAsync(SampleVersions.Name, Cancel);
        attempts.Select(static a => (a.Version, a.Previous, a.Outcome, a.By)).ShouldBe([(second, first, AttemptOutcome.Refused, null), (first, null, AttemptOutcome.Accepted, "someone")]);
        attempts[0].Reason.ShouldBe(Failed.Sentence);
    }

    [Fact]
    public async Task Force_activates_whatever_the_test_says_and_records_the_reason()
    {
        var first = await _catalog.AddAsync(1);
        (await _registry.ActivateAsync(await SettingAsync(), first, Failed, "we know better", "someone", Cancel)).Active.ShouldBeTrue();
        var attempt = (await _catalog.AttemptsAsync(SampleVersions.Name, Cancel)).ShouldHaveSingleItem();
        attempt.Outcome.ShouldBe(AttemptOutcome.Forced);
        attempt.Reason.ShouldBe("we know better");
        await Should.ThrowAsync<ArgumentException>(async () => await _registry.ActivateAsync(await SettingAsync(), new string('0', 64), null, " ", null, Cancel));
    }

    [Fact]
    public async Task A_decision_against_what_is_active_no_more_changes_nothing()
    {
        var (first, second) = (await _catalog.AddAsync(1), await _catalog.AddAsync(2));
        var before = await SettingAsync();
        await _registry.ActivateAsync(before, first, Passed, null, null, Cancel);
        (await Should.ThrowAsync<OrchestrationException>(async () => await _registry.ActivateAsync(before, second, Passed, null, null, Cancel))).Message.ShouldContain("Somebody else changed");
        (await SettingAsync()).Active.ShouldBe(first);
    }

    [Fact]
    public async Task Rollback_goes_back_step_by_step_to_before_the_first()
    {
        var ids = new[] { await _catalog.AddAsync(1), await _catalog.AddAsync(2), await _catalog.AddAsync(3) };
        foreach (var id in ids) await _registry.ActivateAsync(await SettingAsync(), id, Passed, null, null, Cancel);
        (await _registry.RollbackAsync(SampleVersions.Name, null, null, Cancel)).Active.ShouldBe(ids[1]);
        (await _registry.RollbackAsync(SampleVersions.Name, "worse", "someone", Cancel)).Active.ShouldBe(ids[0]);
        var last = (await _catalog.AttemptsAsync(SampleVersions.Name, Cancel))[0];
        (last.Version, last.Previous, last.Outcome, last.Reason).ShouldBe((ids[0], ids[1], AttemptOutcome.RolledBack, "worse"));
        (await _registry.RollbackAsync(SampleVersions.Name, null, null, Cancel)).Active.ShouldBeNull();
        (await Should.ThrowAsync<OrchestrationException>(async () => await _registry.RollbackAsync(SampleVersions.Name, null, null, Cancel))).Message.ShouldContain("nothing to roll back");
    }

    [Fact]
    public async Task A_version_is_named_by_its_name_or_by_the_beginning_of_its_id()
    {
        var (first, second) = (await _catalog.AddAsync(1), await _catalog.AddAsync(2));
        (await Should.ThrowAsync<OrchestrationException>(async () => await _registry.ResolveAsync("helpful", Cancel))).Message.ShouldContain("No version of the aggregator 'helpful' is active");
        await _registry.ActivateAsync(await SettingAsync(), second, Passed, null, null, Cancel);
        (await _registry.ResolveAsync("helpful", Cancel)).ShouldBe(new AggregatorChoice("helpful", second));
        (await _registry.ResolveAsync(first[..12], Cancel)).ShouldBe(new AggregatorChoice("helpful", first));
        (await _registry.ResolveAsync($"helpful@{first[..8]}", Cancel)).Id.ShouldBe(first);
        foreach (var wrong in new[] { first[..3], "nobody", $"other@{first}" })
            (await Should.ThrowAsync<OrchestrationException>(async () => await _registry.ResolveAsync(wrong, Cancel))).Code.ShouldBe(ErrorCodes.NotFound);
    }

    [Fact]
    public async Task Shadow_and_canary_run_beside_something_and_end()
    {
        var (first, second) = (await _catalog.AddAsync(1), await _catalog.AddAsync(2));
        (await Should.ThrowAsync<OrchestrationException>(async () => await _registry.ShadowAsync(SampleVersions.Name, second, Cancel))).Message.ShouldContain("nothing to run beside");
        await _registry.ActivateAsync(await SettingAsync(), first, Passed, null, null, Cancel);
        await _registry.ShadowAsync(SampleVersions.Name, second, Cancel);
        (await _registry.CanaryAsync(SampleVersions.Name, second, 0.25, Cancel)).ShouldSatisfyAllConditions(s => s.Shadow.ShouldBe(second), s => s.CanaryShare.ShouldBe(0.25));
        await Should.ThrowAsync<OrchestrationException>(async () => await _registry.CanaryAsync(SampleVersions.Name, second, 0, Cancel));
        await Should.ThrowAsync<OrchestrationException>(async () => await _registry.CanaryAsync(SampleVersions.Name, second, double.NaN, Cancel));
        var active = await _registry.ActivateAsync(await SettingAsync(), second, Passed, null, null, Cancel);
        active.Setting.ShouldSatisfyAllConditions(s => s.Shadow.ShouldBeNull("it is active now"), s => s.Canary.ShouldBeNull());
    }

    private ValueTask<AggregatorSetting> SettingAsync() => _catalog.SettingAsync(SampleVersions.Name, Cancel);
}
