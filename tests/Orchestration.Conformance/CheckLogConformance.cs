using Orchestration.Core.MetaEvaluation.Kept;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="ICheckLog"/> does.</summary>
public abstract class CheckLogConformance : StoreConformance
{
    private static readonly DateTimeOffset Day = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task What_one_keeps_all_see_newest_first_and_no_more_than_they_ask_for()
    {
        (await One.Checks.ListAsync(10, Cancel)).ShouldBeEmpty();
        var old = new KeptCheck("b", "bias", Day, "1.0.0", """{"lines":[{"judge":"klarheit@größe","shift":0.125}]}""");
        var (first, second) = (old with { Key = "Z", At = Day.AddTicks(1) }, old with { Key = "a", At = Day.AddTicks(1), Check = "other" });
        await One.Checks.KeepAsync(second, Cancel);
        await Two.Checks.KeepAsync(old, Cancel);
        await One.Checks.KeepAsync(first, Cancel);

        (await Two.Checks.ListAsync(10, Cancel)).ShouldBe([first, second, old]);
        (await One.Checks.ListAsync(2, Cancel)).ShouldBe([first, second]);
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await One.Checks.ListAsync(0, Cancel));
    }

    [Fact]
    public async Task The_same_check_takes_its_own_place()
    {
        var before = new KeptCheck("same", "bias", Day, "1.0.0", "{}");
        var after = before with { At = Day.AddHours(1), Build = "1.1.0", Result = """{"lines":[]}""" };
        await One.Checks.KeepAsync(before, Cancel);
        await Two.Checks.KeepAsync(after, Cancel);
        (await One.Checks.ListAsync(10, Cancel)).ShouldBe([after]);
    }
}
