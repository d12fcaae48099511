using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IAggregatorCatalog"/> does.</summary>
public abstract class AggregatorCatalogConformance : StoreConformance
{
    private const string Name = "helpful";

    [Fact]
    public async Task A_name_that_nobody_set_has_epoch_zero_and_nothing_active()
    {
        (await One.Aggregators.SettingAsync(Name, Cancel)).ShouldBe(new AggregatorSetting { Name = Name });
        (await One.Aggregators.ListAsync(null, Cancel)).ShouldBeEmpty();
        (await One.Aggregators.FindAsync(Id(1), null, Cancel)).ShouldBeNull();
        (await One.Aggregators.ChangesAsync(0, Cancel)).Names.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_version_is_added_once_and_read_by_the_other_owner()
    {
        var version = Version(1, Name, "gam");
        (await One.Aggregators.AddAsync(version, Cancel)).ShouldBeTrue();
        (await Two.Aggregators.AddAsync(version with { Model = "other", Weights = [9, 9] }, Cancel)).ShouldBeFalse("the first writer wins");
        var found = (await Two.Aggregators.FindAsync(version.Id, null, Cancel)).ShouldNotBeNull();
        found.Model.ShouldBe("gam");
        found.Weights.ShouldBe(version.Weights);
        found.Manifest.ShouldBe(version.Manifest);
        (await Two.Aggregators.ListAsync(Name, Cancel)).ShouldHaveSingleItem().AddedAt.ShouldBe(World.Time.GetUtcNow());
    }

    [Fact]
    public async Task Two_owners_that_add_one_version_at_once_add_it_once()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? One : Two).Aggregators.AddAsync(Version(i / 4), Cancel).AsTask()));
        added.Count(static a => a).ShouldBe(10);
        (await One.Aggregators.ListAsync(Name, Cancel)).Count.ShouldBe(10);
    }

    [Fact]
    public async Task Versions_are_listed_by_name_newest_first()
    {
        await One.Aggregators.AddAsync(Version(1), Cancel);
        await Two.Aggregators.AddAsync(Version(2, "other"), Cancel);
        await Two.Aggregators.AddAsync(Version(3), Cancel);
        (await One.Aggregators.ListAsync(Name, Cancel)).Select(static h => h.Id).ShouldBe([Id(3), Id(1)]);
        (await One.Aggregators.ListAsync(null, Cancel)).Select(static h => h.Id).ShouldBe([Id(3), Id(2), Id(1)]);
    }

    [Fact]
    public async Task One_version_may_stand_under_two_names()
    {
        await One.Aggregators.AddAsync(Version(1, "b", "gam"), Cancel);
        await One.Aggregators.AddAsync(Version(1, "a", "mean-fit"), Cancel);
        (await Two.Aggregators.FindAsync(Id(1), null, Cancel)).ShouldNotBeNull().Name.ShouldBe("a");
        (await Two.Aggregators.FindAsync(Id(1), "b", Cancel)).ShouldNotBeNull().Model.ShouldBe("gam");
        (await Two.Aggregators.FindAsync(Id(1), "c", Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_change_raises_the_epoch_and_the_other_owner_sees_all_of_it()
    {
        await AddAsync(1, 2, 3);
        var setting = new AggregatorSetting { Name = Name, Active = Id(1), Earlier = ["", Id(2)], Shadow = Id(2), Canary = Id(3), CanaryShare = 0.1 };
        var changed = (await One.Aggregators.TryChangeAsync(0, setting, Attempt(Id(1)), Cancel)).ShouldNotBeNull();
        changed.Epoch.ShouldBe(1);
        (await Two.Aggregators.SettingAsync(Name, Cancel)).ShouldBe(setting with { Epoch = 1 });
        (await Two.Aggregators.TryChangeAsync(1, changed with { Shadow = null }, null, Cancel)).ShouldNotBeNull().Epoch.ShouldBe(2);
        (await One.Aggregators.SettingAsync(Name, Cancel)).Shadow.ShouldBeNull();
    }

    [Fact]
    public async Task A_change_under_a_stale_epoch_writes_neither_setting_nor_attempt_nor_feed()
    {
        await AddAsync(1, 2);
        (await One.Aggregators.TryChangeAsync(0, Setting(1), Attempt(Id(1)), Cancel)).ShouldNotBeNull();
        var feed = await Two.Aggregators.ChangesAsync(0, Cancel);
        (await Two.Aggregators.TryChangeAsync(0, Setting(2), Attempt(Id(2)), Cancel)).ShouldBeNull();
        (await Two.Aggregators.TryChangeAsync(7, Setting(2), Attempt(Id(2)), Cancel)).ShouldBeNull();
        (await One.Aggregators.SettingAsync(Name, Cancel)).Active.ShouldBe(Id(1));
        (await One.Aggregators.AttemptsAsync(Name, Cancel)).ShouldHaveSingleItem().Version.ShouldBe(Id(1));
        (await Two.Aggregators.ChangesAsync(feed.Through, Cancel)).Names.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_many_changes_decided_under_one_epoch_one_is_made()
    {
        await AddAsync(1, 2);
        for (var epoch = 0L; epoch < 10; epoch++)
        {
            var under = epoch;
            var changes = await Task.WhenAll(
                Enumerable.Range(0, 16).Select(i => (i % 2 == 0 ? One : Two).Aggregators.TryChangeAsync(under, Setting(1 + i % 2), Attempt(Id(1 + i % 2)), Cancel).AsTask()));
            changes.Count(static c => c is not null).ShouldBe(1);
        }

        (await One.Aggregators.SettingAsync(Name, Cancel)).Epoch.ShouldBe(10);
        (await Two.Aggregators.AttemptsAsync(Name, Cancel)).Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_killed_owners_change_stands_and_its_late_one_does_not()
    {
        await AddAsync(1, 2);
        var killed = await OpenAsync();
        await killed.Aggregators.TryChangeAsync(0, Setting(1), Attempt(Id(1)), Cancel);
        await killed.KillAsync();
        (await One.Aggregators.SettingAsync(Name, Cancel)).Active.ShouldBe(Id(1));
        await Should.ThrowAsync<ObjectDisposedException>(async () => await killed.Aggregators.TryChangeAsync(1, Setting(2), null, Cancel));
        (await One.Aggregators.SettingAsync(Name, Cancel)).Active.ShouldBe(Id(1));
    }

    [Fact]
    public async Task A_version_that_the_name_does_not_have_cannot_be_set()
    {
        await One.Aggregators.AddAsync(Version(1, "other"), Cancel);
        foreach (var setting in new[] { Setting(1), new AggregatorSetting { Name = Name, Shadow = Id(1) }, new AggregatorSetting { Name = Name, Canary = Id(1), CanaryShare = 0.5 } })
        {
            var refusal = await Should.ThrowAsync<OrchestrationException>(async () => await One.Aggregators.TryChangeAsync(0, setting, Attempt(Id(1)), Cancel));
            refusal.Code.ShouldBe(ErrorCodes.NotFound);
        }

        (await One.Aggregators.SettingAsync(Name, Cancel)).Epoch.ShouldBe(0);
        (await One.Aggregators.AttemptsAsync(Name, Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_attempt_is_on_record_newest_first_with_its_time()
    {
        await AddAsync(1);
        await One.Aggregators.RecordAsync(Attempt(Id(1)) with { Outcome = AttemptOutcome.Refused, Reason = "no gain" }, Cancel);
        World.Time.Advance(TimeSpan.FromMinutes(1));
        var forced = Attempt(Id(1)) with { Outcome = AttemptOutcome.Forced, Reason = "we know better", By = "someone", Previous = Id(2) };
        await Two.Aggregators.TryChangeAsync(0, Setting(1), forced, Cancel);
        var attempts = await One.Aggregators.AttemptsAsync(Name, Cancel);
        attempts[0].ShouldBe(forced with { At = World.Time.GetUtcNow() });
        attempts[1].Outcome.ShouldBe(AttemptOutcome.Refused);
        attempts[1].At.ShouldBe(World.Time.GetUtcNow() - TimeSpan.FromMinutes(1));
        (await One.Aggregators.AttemptsAsync("other", Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_feed_names_what_changed_since_and_misses_nothing()
    {
        await AddAsync(1);
        await One.Aggregators.AddAsync(Version(1, "other"), Cancel);
        (await One.Aggregators.ChangesAsync(0, Cancel)).Names.ShouldBeEmpty("a version that is added changes no setting");
        await One.Aggregators.TryChangeAsync(0, Setting(1), null, Cancel);
        var first = await Two.Aggregators.ChangesAsync(0, Cancel);
        first.Names.ShouldBe([Name]);
        var none = await Two.Aggregators.ChangesAsync(first.Through, Cancel);
        none.Names.ShouldBeEmpty();
        none.Through.ShouldBe(first.Through);
        await Two.Aggregators.TryChangeAsync(0, Setting(1) with { Name = "other" }, null, Cancel);
        await One.Aggregators.TryChangeAsync(1, Setting(1), null, Cancel);
        await One.Aggregators.TryChangeAsync(2, Setting(1), null, Cancel);
        var second = await Two.Aggregators.ChangesAsync(first.Through, Cancel);
        second.Names.ShouldBe([Name, "other"]);
        second.Through.ShouldBeGreaterThan(first.Through);
        (await One.Aggregators.ChangesAsync(0, Cancel)).Through.ShouldBe(second.Through);
    }

    [Fact]
    public async Task Comparisons_of_all_owners_add_up()
    {
        var part = new LiveComparison(Id(1), Id(2), 2, 1, 0, 3, 4, 5, 10, 7, 0.75);
        await One.Aggregators.AddComparisonAsync(Name, part, Cancel);
        await Two.Aggregators.AddComparisonAsync(Name, part with { Rows = 3, OnlyOther = 2, MaxDifference = 0.5 }, Cancel);
        await Two.Aggregators.AddComparisonAsync(Name, part with { Other = Id(3) }, Cancel);
        var comparisons = await One.Aggregators.ComparisonsAsync(Name, Cancel);
        comparisons.ShouldBe([new LiveComparison(Id(1), Id(2), 5, 2, 2, 6, 8, 10, 20, 14, 0.75), part with { Other = Id(3) }]);
        (await One.Aggregators.ComparisonsAsync("other", Cancel)).ShouldBeEmpty();
    }

    private static string Id(int number) => new((char)('a' + number), 64);

    private static StoredAggregator Version(int number, string name = Name, string model = "mean-fit") =>
        new(name, Id(number), model, [1, (byte)number], [2, (byte)number, 0, 255]);

    private static AggregatorSetting Setting(int number) => new() { Name = Name, Active = Id(number) };

    private static ActivationAttempt Attempt(string version) => new(Name, version, null, AttemptOutcome.Accepted, "gain 0.1, lower bound 0.05", null);

    private async Task AddAsync(params int[] numbers)
    {
        foreach (var number in numbers) (await One.Aggregators.AddAsync(Version(number), Cancel)).ShouldBeTrue();
    }
}
