using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

public sealed class RubricWriteTests
{
    public static TheoryData<string> Shipped() => [.. RubricLibrary.Builtin.Rubrics.Select(r => r.Id)];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_written_rubric_reads_back_to_the_same_version(string id)
    {
        var rubric = RubricLibrary.Builtin.Find(id);

        RubricFile.Parse("written", RubricFile.Write(rubric)).Version.ShouldBe(rubric.Version);
    }

    [Fact]
    public void Several_dimensions_and_a_title_with_quotes_read_back_too()
    {
        var rubric = RubricFile.Parse("two.md", """
            ---
            id: two
            title: "It's two: a \"pair\" # of things"
            protocol: score
            reply: json
            needs-reference: true
            think-first: true
            dimensions:
              - {name: depth, title: 'How deep: it''s', min: 0, max: 4, step: 0.1, direction: higher-is-better}
              - {name: noise, min: 0, max: 4, step: 0.1, direction: lower-is-better}
            ---

            ## What is scored

            Two things.

            ## Bands

            ### depth

            #### 2.1–4.0

            Deep.

            #### 0.0–2.0

            Shallow.

            ### noise

            #### 2.1–4.0

            Loud.

            #### 0.0–2.0

            Quiet.

            ## Caps
            """);

        var read = RubricFile.Parse("written", RubricFile.Write(rubric));
        read.Version.ShouldBe(rubric.Version);
        read.Dimensions.ShouldBe(rubric.Dimensions);
    }
}
