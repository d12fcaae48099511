using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

public sealed class RubricLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_gives_its_markdown_files_but_not_its_readme()
    {
        _folder.Write("b.md", RubricSamples.Tiny);
        _folder.Write("a.md", RubricSamples.TwoSides);
        _folder.Write("README.md", "# Rubrics");
        _folder.Write("notes.txt", "nothing");

        var library = RubricLibrary.Load(_folder.Path);

        library.Rubrics.Select(r => r.Id).ShouldBe(["tiny", "two-sides"]);
        library.Find("tiny").File.ShouldBe(Path.Combine(_folder.Path, "b.md"));
    }

    [Fact]
    public void Two_files_with_one_id_are_refused_and_both_are_named()
    {
        var first = _folder.Write("a.md", RubricSamples.Tiny);
        var second = _folder.Write("b.md", RubricSamples.Tiny);

        var fault = Should.Throw<OrchestrationException>(() => RubricLibrary.Load(_folder.Path));

        fault.Code.ShouldBe(ErrorCodes.Rubric);
        fault.Message.ShouldBe($"{second}: id 'tiny' is that of {first} too. Ids are columns of the results: give one of the two another id.");
    }

    [Fact]
    public void A_folder_that_is_not_there_is_refused_with_its_name()
    {
        var folder = Path.Combine(_folder.Path, "missing");

        var fault = Should.Throw<OrchestrationException>(() => RubricLibrary.Load(folder));

        fault.Code.ShouldBe(ErrorCodes.Input);
        fault.Message.ShouldStartWith($"{folder}: the rubrics cannot be read: ");
    }

    [Fact]
    public void A_users_rubric_takes_the_place_of_the_built_in_one_and_the_others_stay()
    {
        _folder.Write("mine.md", RubricSamples.Tiny.Replace("id: tiny", "id: clarity", StringComparison.Ordinal));
        _folder.Write("new.md", RubricSamples.Tiny);

        var library = RubricLibrary.Builtin.With(RubricLibrary.Load(_folder.Path));

        library.Rubrics.Count.ShouldBe(RubricLibrary.Builtin.Rubrics.Count + 1);
        library.Find("clarity").Title.ShouldBe("Tiny");
        library.Find("tiny").Title.ShouldBe("Tiny");
        library.Find("honesty").ShouldBe(RubricLibrary.Builtin.Find("honesty"));
    }

    [Theory]
    [InlineData("truthfullness", "no rubric 'truthfullness'. Did you mean 'truthfulness'? `orchestrate rubric list` shows those there are.")]
    [InlineData("Clarity", "no rubric 'Clarity'. Did you mean 'clarity'? `orchestrate rubric list` shows those there are.")]
    [InlineData("xyzzy", "no rubric 'xyzzy'. `orchestrate rubric list` shows those there are.")]
    public void An_id_that_is_not_there_brings_the_nearest_one_to_mind(string id, string message)
    {
        var fault = Should.Throw<OrchestrationException>(() => RubricLibrary.Builtin.Find(id));

        fault.Code.ShouldBe(ErrorCodes.NotFound);
        fault.Message.ShouldBe(message);
        RubricLibrary.Builtin.TryFind(id, out _).ShouldBeFalse();
    }
}
