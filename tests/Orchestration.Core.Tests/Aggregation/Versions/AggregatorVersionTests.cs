using System.Text;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Guards;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Aggregation.Versions;

public sealed class AggregatorVersionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrate-version-").FullName;

    public static AggregatorManifest Manifest { get; } = new()
    {
        Name = "helpful",
        Basis = new AggregatorBasis
        {
            LearnedFrom = LearnedFrom.Scores,
            Judges = [new AggregatorJudge("clarity@local", new Scale(0, 4, 1), false, 0.5, new string('c', 64), new string('d', 32)), new AggregatorJudge("toxicity", Scale.UnitLowerIsBetter, true, 0.9)],
            Target = new AggregatorTarget("target", 1, 5),
            Training = new AggregatorTraining(new string('e', 64), 3, 2, [1, 2, ulong.MaxValue], [7, 8]),
            Recipe = "auto",
            Model = "mean-fit",
            Seed = ulong.MaxValue,
            Folds = 5,
            Repeats = 5,
            Guards = [new AggregatorGuard(GuardKind.Cap, "toxicity", 0.5, 2)],
        },
        TrainedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Author = "someone",
        Seconds = 1.5,
    };

    public static IReadOnlyDictionary<string, ModelState> Parts { get; } = new Dictionary<string, ModelState>(StringComparer.Ordinal)
    {
        ["model"] = new ModelState("mean-fit", 1, [new("center", "0.1")], [new ModelTensor("weights", [2], [0.25, 4])]),
        ["interval"] = new ModelState("cv-plus", 2, [], [new ModelTensor("residuals", [1, 2], [0.5, 0.75])]),
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_version_is_exported_and_imported_whole()
    {
        var version = AggregatorVersion.Create(Manifest, Parts);
        AggregatorFolder.Write(_folder, version);
        foreach (var place in new[] { _folder, Path.Combine(_folder, "manifest.json") })
        {
            var read = AggregatorFolder.Read(place);
            read.Id.ShouldBe(version.Id);
            read.Weights.ShouldBe(version.Weights);
            read.Manifest.ToJson().ShouldBe(version.Manifest.ToJson());
            read.Manifest.Basis.Training.RowHashes.ShouldBe([1, 2, ulong.MaxValue]);
            read.Parts.Keys.ShouldBe(["interval", "model"]);
            read.Model.Settings.ShouldBe([new("center", "0.1")]);
            read.Model.Tensors.ShouldHaveSingleItem().Values.ShouldBe([0.25, 4]);
            read.Parts["interval"].Tensors[0].Shape.ShouldBe([1, 2]);
        }
    }

    [Fact]
    public void Who_trained_it_when_and_how_long_it_took_do_not_change_the_id()
    {
        var version = AggregatorVersion.Create(Manifest, Parts);
        var again = AggregatorVersion.Create(
            Manifest with { Author = "somebody else", TrainedAt = Manifest.TrainedAt.AddDays(1), Seconds = 9, Parent = new string('f', 64), Name = "other", Build = "9.9.9" }, Parts);
        again.Id.ShouldBe(version.Id);
        version.Id.Length.ShouldBe(64);
    }

    [Fact]
    public void Anything_that_it_was_trained_from_changes_the_id()
    {
        var basis = Manifest.Basis;
        var bases = new[]
        {
            basis, basis with { Seed = 1 }, basis with { Folds = 4 }, basis with { Repeats = 1 }, basis with { Recipe = "gam" }, basis with { Model = "gam" }, basis with { RandomFolds = true },
            basis with { LearnedFrom = LearnedFrom.Comparisons }, basis with { Guards = [] }, basis with { Judges = [.. basis.Judges.Reverse()] },
            basis with { Judges = [basis.Judges[0] with { Rubric = new string('0', 64) }, basis.Judges[1]] },
            basis with { Judges = [basis.Judges[0] with { Scale = new Scale(0, 5, 1) }, basis.Judges[1]] },
            basis with { Target = basis.Target with { Max = 6 } }, basis with { Training = basis.Training with { Sha256 = new string('0', 64) } },
            basis with { Training = basis.Training with { RowHashes = [1] } },
        };
        var parts = new Dictionary<string, ModelState>(Parts, StringComparer.Ordinal) { ["model"] = Parts["model"] with { Tensors = [new ModelTensor("weights", [2], [0.25, Math.BitIncrement(4.0)])] } };
        var ids = bases.Select(b => AggregatorVersion.Create(Manifest with { Basis = b }, Parts).Id).Append(AggregatorVersion.Create(Manifest, parts).Id).ToArray();
        ids.Distinct(StringComparer.Ordinal).Count().ShouldBe(ids.Length);
    }

    [Fact]
    public void Weights_of_another_version_are_noticed()
    {
        AggregatorFolder.Write(_folder, AggregatorVersion.Create(Manifest, Parts));
        var others = new Dictionary<string, ModelState>(Parts, StringComparer.Ordinal) { ["interval"] = Parts["model"] };
        File.WriteAllBytes(Path.Combine(_folder, AggregatorFolder.WeightsFile), AggregatorVersion.Create(Manifest, others).Weights);
        Fault().ShouldContain("was changed or belongs to another version");
    }

    [Theory]
    [InlineData("\"seed\": 18446744073709551615", "\"seed\": 5", "was changed or belongs to another version")]
    [InlineData("\"format\": 1", "\"format\": 2", "is not of format 1")]
    [InlineData("\"format\": 1", "\"format\": \"1\"", "is not of format 1")]
    [InlineData("\"name\": \"helpful\"", "\"name\": \"../../etc/passwd\"", "is no name of an aggregator")]
    [InlineData("\"name\": \"helpful\"", "\"name\": \"mean\"", "is the plain mean")]
    [InlineData("\"judges\": [", "\"judges\": null, \"x\": [", "cannot be read at $.basis.judges")]
    [InlineData("\"name\": \"toxicity\"", "\"name\": \"clarity@local\"", "one twice")]
    [InlineData("\"judge\": \"toxicity\"", "\"judge\": \"nobody\"", "guards with judge 'nobody'")]
    [InlineData("\"max\": 4", "\"max\": -4", "states no scale for judge 'clarity@local'")]
    [InlineData("\"folds\": 5", "\"folds\": 5e99", "cannot be read at $.basis.folds")]
    [InlineData("\"folds\": 5", "\"folds\": 5, \"folds\": 5", "cannot be read")]
    [InlineData("\"row_hashes\": \"", "\"row_hashes\": \"!", "")]
    public void An_edited_manifest_is_refused_with_the_place(string text, string replacement, string says)
    {
        AggregatorFolder.Write(_folder, AggregatorVersion.Create(Manifest, Parts));
        var path = Path.Combine(_folder, AggregatorFolder.ManifestFile);
        var before = File.ReadAllText(path);
        before.ShouldContain(text);
        File.WriteAllText(path, before.Replace(text, replacement, StringComparison.Ordinal));
        Fault().ShouldContain(says);
    }

    [Fact]
    public void A_manifest_cut_off_anywhere_is_refused()
    {
        var version = AggregatorVersion.Create(Manifest, Parts);
        var json = Encoding.UTF8.GetString(version.Manifest.ToJson()).TrimEnd();
        for (var length = 0; length < json.Length; length += 7)
        {
            var cut = Encoding.UTF8.GetBytes(json[..length]);
            Should.Throw<OrchestrationException>(() => AggregatorVersion.Read("some/manifest.json", cut, "some/weights", version.Weights)).Message.ShouldContain("some/manifest.json");
        }
    }

    [Fact]
    public void A_folder_that_is_no_version_says_what_one_is()
    {
        Fault().ShouldContain("A version is a folder with manifest.json and weights.safetensors");
        Directory.CreateDirectory(Path.Combine(_folder, AggregatorFolder.ManifestFile));
        Fault().ShouldContain("There is no file");
    }

    [Fact]
    public void A_fitted_scale_clips_and_a_stated_one_does_not()
    {
        var stated = new AggregatorJudge("a", new Scale(0, 4), false, 0.5);
        stated.Map(5).ShouldBe(double.NaN);
        stated.Map(3).ShouldBe(0.75);
        var fitted = stated with { IsFitted = true };
        fitted.Map(5).ShouldBe(1);
        fitted.Map(-5).ShouldBe(0);
        fitted.Map(double.NaN).ShouldBe(double.NaN);
    }

    private string Fault()
    {
        var fault = Should.Throw<OrchestrationException>(() => AggregatorFolder.Read(_folder));
        fault.Code.ShouldBeOneOf(ErrorCodes.Input, ErrorCodes.Usage);
        return fault.Message;
    }
}
