using System.Text;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

public sealed class RubricLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_is_sorted_by_id_and_the_same_bytes_everywhere()
    {
        _folder.Write("a.md", RubricSamples.TwoSides);
        _folder.Write("b.md", RubricSamples.Tiny);

        Encoding.UTF8.GetString(RubricLock.Of(RubricLibrary.Load(_folder.Path)).ToBytes()).ShouldBe(
            """
            {
              "format": 1,
              "rubrics": {
                "tiny": {
                  "file": "b.md",
                  "version": "f778abab670b8f5e209d068eeb8ed9467b3a5d6678bb04c640e1b7f4aa541a48",
                  "title": "Tiny"
                },
                "two-sides": {
                  "file": "a.md",
                  "version": "f0773f41a50721cb13f26b9717dea4c9444206af26f98027e5545731e46eb222",
                  "title": "Café"
                }
              }
            }

            """);
    }

    [Fact]
    public void What_was_written_is_read_back_and_verifies()
    {
        _folder.Write("a.md", RubricSamples.TwoSides);
        var library = RubricLibrary.Load(_folder.Path);
        var path = Path.Combine(_folder.Path, RubricLock.FileName);
        File.WriteAllText(path, "an older one");

        RubricLock.Of(library).Write(path);
        var read = RubricLock.Read(path);

        read.ToBytes().ShouldBe(File.ReadAllBytes(path));
        read.Verify(library).ShouldBeEmpty();
        Directory.GetFiles(_folder.Path).Length.ShouldBe(2);
    }

    [Fact]
    public void One_changed_word_is_found()
    {
        _folder.Write("t.md", RubricSamples.Tiny);
        var locked = RubricLock.Of(RubricLibrary.Load(_folder.Path));
        _folder.Write("t.md", RubricSamples.Tiny.Replace("Yes.", "Sure.", StringComparison.Ordinal));
        var changed = RubricLibrary.Load(_folder.Path);

        locked.Verify(changed).ShouldBe(
        [
            new RubricDifference(
                RubricChange.Changed,
                "tiny",
                $"rubric 'tiny' (t.md) was changed: its version is {changed.Find("tiny").Version}, locked is "
                + "f778abab670b8f5e209d068eeb8ed9467b3a5d6678bb04c640e1b7f4aa541a48. It is a new judge: its judgments are made, and paid, anew. "
                + "If that is meant, run `orchestrate rubric lock` and commit rubrics.lock.json."),
        ]);
    }

    [Fact]
    public void Added_removed_and_renamed_rubrics_are_found_in_the_order_of_their_ids()
    {
        _folder.Write("better.md", RubricSamples.Comparison);
        _folder.Write("two.md", RubricSamples.TwoSides);
        var locked = RubricLock.Of(RubricLibrary.Load(_folder.Path));
        File.Delete(Path.Combine(_folder.Path, "better.md"));
        File.Move(Path.Combine(_folder.Path, "two.md"), Path.Combine(_folder.Path, "zwei.md"));
        _folder.Write("t.md", RubricSamples.Tiny);

        const string Cure = " If that is meant, run `orchestrate rubric lock` and commit rubrics.lock.json.";
        locked.Verify(RubricLibrary.Load(_folder.Path)).ShouldBe(
        [
            new RubricDifference(RubricChange.Removed, "better", "rubric 'better' (better.md) is in rubrics.lock.json and nowhere else." + Cure),
            new RubricDifference(RubricChange.Added, "tiny", "rubric 'tiny' (t.md) is not in rubrics.lock.json." + Cure),
            new RubricDifference(RubricChange.Changed, "two-sides", "rubric 'two-sides' (zwei.md) was locked as two.md; its text is the same." + Cure),
        ]);
    }

    [Theory]
    [InlineData("{\n\"format\": 1,\n]", "l.json:3: the lock file is not well-formed JSON.")]
    [InlineData("[]", "l.json: it is no lock file of rubrics: an object with 'format' and 'rubrics' is expected.")]
    [InlineData("{\"format\": 1}", "l.json: it is no lock file of rubrics: an object with 'format' and 'rubrics' is expected.")]
    [InlineData("{\"format\": 2, \"rubrics\": {}}", "l.json: its format is 2 and this build reads format 1.")]
    [InlineData("{\"format\": 1, \"rubrics\": {\"a\": 1}}", "l.json: the entry of rubric 'a' is no object.")]
    [InlineData("{\"format\": 1, \"rubrics\": {\"a\": {\"file\": \"a.md\"}}}", "l.json: the entry of rubric 'a' has no text 'version'.")]
    [InlineData("{\"format\": 1, \"rubrics\": {\"a\": {\"file\": \"a.md\", \"version\": \"12\", \"title\": \"A\"}}}", "l.json: the version of rubric 'a' is not 64 lower-case hexadecimal digits.")]
    public void A_damaged_lock_file_is_refused_with_the_cure(string json, string message)
    {
        var fault = Should.Throw<OrchestrationException>(() => RubricLock.Parse("l.json", Encoding.UTF8.GetBytes(json)));

        fault.Code.ShouldBe(ErrorCodes.Rubric);
        fault.Message.ShouldBe(message + " Restore it, or write it anew with `orchestrate rubric lock`.");
    }

    [Fact]
    public void A_missing_lock_file_is_refused_with_the_cure()
    {
        var path = Path.Combine(_folder.Path, RubricLock.FileName);

        var fault = Should.Throw<OrchestrationException>(() => RubricLock.Read(path));

        fault.Code.ShouldBe(ErrorCodes.Input);
        fault.Message.ShouldStartWith(path + ": the lock file cannot be read: ");
        fault.Message.ShouldEndWith("`orchestrate rubric lock` writes it.");
    }
}
