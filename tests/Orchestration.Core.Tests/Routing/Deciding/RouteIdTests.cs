using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Routing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Deciding;

public sealed class RouteIdTests
{
    [Fact]
    public void An_id_holds_its_128_bits() => Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(), ArbMap.Default.ArbFor<ulong>(), static (high, low) =>
        {
            var text = RouteId.Format(new Hash128(high, low));
            return text.Length == 28 && text.StartsWith("r_", StringComparison.Ordinal) && RouteId.TryParse(text, out var bits) && bits == new Hash128(high, low);
        }).Check(SeededProperties.Config);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("r_")]
    [InlineData("r_7zzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("r_8zzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("r_7zzzzzzzzzzzzzzzzzzzzzzzzu")]
    [InlineData("R_7zzzzzzzzzzzzzzzzzzzzzzzzz")]
    public void What_is_no_id_is_not_read(string? text) => RouteId.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void All_bits_set_is_the_last_id()
    {
        RouteId.Format(new Hash128(ulong.MaxValue, ulong.MaxValue)).ShouldBe("r_7zzzzzzzzzzzzzzzzzzzzzzzzz");
        RouteId.NewRandom().ShouldNotBe(RouteId.NewRandom());
    }
}
