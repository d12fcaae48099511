using Shouldly;
using Xunit;

namespace Orchestration.Architecture.Tests.PublicSurface;

public sealed class SurfaceTextTests
{
    [Fact]
    public void A_surface_reads_like_its_source() =>
        SurfaceText.Of([typeof(Shown), typeof(Hidden), .. typeof(Shown).GetNestedTypes()]).ShouldBe("""
            static class Orchestration.Architecture.Tests.PublicSurface.Shown
            abstract class Orchestration.Architecture.Tests.PublicSurface.Shown.Animal<T> : IComparable<T> where T : class, new()
              protected Animal(string name, int legs = 4, string? sound = null, Shown.Kind kind = Shown.Kind.Tame)
              abstract int CompareTo(T? other)
              protected virtual Dictionary<string, T?>? Find(in long id, out T? found, ref int[] steps, params string[] rest)
              static readonly string First
              override string ToString()
            delegate bool Orchestration.Architecture.Tests.PublicSurface.Shown.Heard(string? sound)
            interface Orchestration.Architecture.Tests.PublicSurface.Shown.IEar
              ValueTask<(double, string?)> HearAsync<TEar>(TEar? by, CancellationToken cancellationToken = default) where TEar : struct
              string this[int index] { get; set; }
              event Shown.Heard? OnSound
              IReadOnlyList<string?> Sounds { get; }
            enum Orchestration.Architecture.Tests.PublicSurface.Shown.Kind : int
              Tame = 0
              Wild = 2
            readonly record struct Orchestration.Architecture.Tests.PublicSurface.Shown.Point
              Point(double X, double? Y)
              const string Quote = "a \"b\""
              const double Tenth = 0.1
              double X { get; init; }
              double? Y { get; init; }
              static Shown.Point op_Addition(Shown.Point left, Shown.Point right)
            sealed record class Orchestration.Architecture.Tests.PublicSurface.Shown.Report
              Report()
              byte[]? Body { get; init; }
              required string Title { get; init; }
            """.ReplaceLineEndings("\n").Split('\n'));

    [Fact]
    public void A_difference_names_the_type_and_what_went_and_came()
    {
        string[] reviewed = ["# a remark", "", "class A.One", "  int X { get; }", "  void Go()", "class A.Two", "  int X { get; }"];
        string[] actual = ["sealed class A.One", "  long X { get; }", "  void Go()", "class A.Two", "  int X { get; }", "enum A.Three : int", "  Up = 0"];

        SurfaceDifference.Between(reviewed, actual).ShouldBe(
            "A.One\n  - class A.One\n  + sealed class A.One\n  - int X { get; }\n  + long X { get; }\n" +
            "A.Three\n  + enum A.Three : int\n  + Up = 0\n");
        SurfaceDifference.Between(actual, actual).ShouldBeEmpty();
    }
}
