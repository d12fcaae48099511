using System.Text.Json;
using Orchestration.Core.Aggregation.Training;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Experiments;

public sealed class FieldPathTests
{
    private const string Json = """{"a.b":1,"a":{"b":2,"c":[3,{"d":4}]},"list":[[5],6]}""";

    [Theory]
    [InlineData("a.b", 1)]
    [InlineData("a.c[0]", 3)]
    [InlineData("a.c[1].d", 4)]
    [InlineData("list[0][0]", 5)]
    [InlineData("list[1]", 6)]
    public void A_field_is_found_by_its_name_first_and_then_by_its_path(string path, int value)
    {
        using var row = JsonDocument.Parse(Json);

        FieldPath.TryFind(row.RootElement, path, out var found).ShouldBeTrue();
        found.GetInt32().ShouldBe(value);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("a.x")]
    [InlineData("a.c[2]")]
    [InlineData("a.c[-1]")]
    [InlineData("a.c[x]")]
    [InlineData("a[0]")]
    [InlineData("list.d")]
    [InlineData("list[0")]
    [InlineData("a..b")]
    public void What_is_not_there_is_not_found(string path)
    {
        using var row = JsonDocument.Parse(Json);

        FieldPath.TryFind(row.RootElement, path, out _).ShouldBeFalse();
    }
}
