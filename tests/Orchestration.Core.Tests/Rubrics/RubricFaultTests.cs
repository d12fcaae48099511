using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Rubrics;

/// <summary>Every fault of a rubric file with its whole message: file, line, what is wrong and what would be right.</summary>
public sealed class RubricFaultTests
{
    private const string Scale = "scale: {min: 0, max: 1, step: 1, direction: higher-is-better}";

    public static TheoryData<string, string, string> TinyChanged { get; } = new()
    {
        { "id: tiny", "id: Tiny", "2: id 'Tiny' must be lower case words of a–z and 0–9 joined by single hyphens, beginning with a letter, e.g. 'logical-consistency'." },
        { "id: tiny", "id: a--b", "2: id 'a--b' must be lower case words of a–z and 0–9 joined by single hyphens, beginning with a letter, e.g. 'logical-consistency'." },
        { "id: tiny", "# nothing", "3: the front matter has no 'id'. Add a line 'id: …'." },
        { "id: tiny", "id: [a]", "2: id is a list; it takes a single value." },
        { "title: Tiny", "title:", "3: title has no value; write what people should read." },
        { "title: Tiny", "title: ~", "3: title has no value; write what people should read." },
        { "title: Tiny", "title: \"a\\nb\"", "3: title must be one line without control characters." },
        { "title: Tiny", "titel: Tiny", "3: unknown key 'titel'. The keys of a rubric's front matter are: id, title, protocol, reply, scale, dimensions, needs-reference, reference, context, think-first." },
        { "title: Tiny", "title: Tiny\nid: again", "4: key 'id' stands twice, first on line 2; keep one." },
        { "title: Tiny", "title: Tiny: more", "3: the front matter is not well-formed YAML: While scanning a plain scalar value, found invalid mapping. Put values that hold ': ' or '#' in quotation marks, close brackets and indent with spaces." },
        { "title: Tiny", "title: [Tiny", "3: the front matter is not well-formed YAML from here on. Put values that hold ': ' or '#' in quotation marks, close brackets and indent with spaces." },
        { "title: Tiny", "title: &a Tiny", "3: YAML anchors, aliases and tags are not used in a rubric; write the value out." },
        { "title: Tiny", "title: !!str Tiny", "3: YAML anchors, aliases and tags are not used in a rubric; write the value out." },
        { "title: Tiny", "title: [[[[[[x]]]]]]", "3: the front matter is nested too deeply; dimensions are a list of blocks and go no deeper." },
        { "title: Tiny", "? [a]\n: b", "3: a key is a single word." },
        { "title: Tiny", "title: Tiny\n...\nmore: 1", "5: the front matter is one YAML document; take out the line '...'." },
        { "protocol: score", "protocol: rate", "4: protocol 'rate' is unknown; write one of: score, compare." },
        { "reply: number", "reply: verdict", "5: reply 'verdict' is unknown to a score rubric; write one of: json, number, prometheus, judgelm, auto-j, critique, checklist." },
        { "reply: number", "reply: number\nneeds-reference: yes", "6: needs-reference is 'yes'; write true or false." },
        { Scale, "think-first: true", "2: the front matter of a score rubric has no 'scale'. Write e.g. 'scale: {min: 0, max: 4, step: 0.1, direction: higher-is-better}', or 'dimensions'." },
        { Scale, "scale: 4", "6: 'scale' is a single value; it is a block of keys: min, max, step, direction." },
        { Scale, Scale + "\ndimensions: []", "7: 'scale' and 'dimensions' exclude each other: 'scale' is the one unnamed dimension. Keep one of them." },
        { Scale, "scale:\n  min: 0\n  max: 1\n  name: x", "9: unknown key 'name'. The keys of scale are: min, max, step, direction." },
        { Scale, "scale:\n  min: 0\n  max: 1\n  step: 1", "7: a scale has no 'direction'. Add a line 'direction: …'." },
        { Scale, "scale:\n  min: 0\n  max: 1\n  direction: up", "7: scale has no 'step'. Add a line 'step: …'." },
        { Scale, "scale: {min: 0, max: 1, step: 1, direction: up}", "6: direction 'up' is unknown; write one of: higher-is-better, lower-is-better." },
        { Scale, "scale: {min: 0, max: one, step: 1, direction: higher-is-better}", "6: max of scale is 'one', which is no number; write it as 4, 0.1 or -1." },
        { Scale, "scale: {min: 0, max: 1e3, step: 1, direction: higher-is-better}", "6: max of scale is '1e3', which is no number; write it as 4, 0.1 or -1." },
        { Scale, "scale: {min: 0, max: 1000001, step: 1, direction: higher-is-better}", "6: max of scale is 1000001; a number of a scale lies within ±1000000 and has at most six decimals." },
        { Scale, "scale: {min: 0, max: 1, step: 0.0000001, direction: higher-is-better}", "6: step of scale is 0.0000001; a number of a scale lies within ±1000000 and has at most six decimals." },
        { Scale, "scale: {min: 1, max: 1, step: 1, direction: higher-is-better}", "6: max 1 of scale must be greater than min 1." },
        { Scale, "scale: {min: 0, max: 1, step: -1, direction: higher-is-better}", "6: step -1 of scale must not be negative; 0 means a continuous scale." },
        { Scale, "scale: {min: 0, max: 1, step: 0.3, direction: higher-is-better}", "6: step 0.3 of scale does not lead from min 0 to max 1; use a step that divides 1." },
        { Scale, "dimensions: []", "6: 'dimensions' is a list of at least one block '- name: …' with min, max, step and direction." },
        { Scale, "dimensions:\n  - fluency", "7: a dimension is a block of keys, not a single value: name, title, min, max, step, direction." },
        { Scale, "dimensions:\n  - {name: a, low: 0}", "7: unknown key 'low'. The keys of a dimension are: name, title, min, max, step, direction." },
        { Scale, "dimensions:\n  - {min: 0}", "7: a dimension has no 'name'. Add a line 'name: …'." },
        { Scale, "dimensions:\n  - {name: a}", "7: dimension 'a' has no 'min'. Add a line 'min: …'." },
        { Scale, "dimensions:\n  - {name: a, min: 0, max: 1, step: 1, direction: higher-is-better}\n  - {name: a}", "8: dimension 'a' stands twice; names are columns of the results and must differ." },
        { Scale, "dimensions:\n  - {name: a, min: 0, max: 1, step: 1, direction: higher-is-better}\n  - {name: b, min: 0, max: 1, step: 1, direction: higher-is-better}", "5: reply 'number' carries one number and the rubric has 2 dimensions; use 'reply: json' or 'reply: critique'." },
        { "## Bands", "## Scores", "16: a score rubric has a section '## Bands' that says what earns each part of the scale; add it." },
        { "## Caps", "### Caps", "16: a score rubric has a section '## Caps'; add it, empty if nothing caps the score." },
        { "## Caps", "## Bands", "16: section '## Bands' stands twice, first on line 8; make it one." },
        { "Yes.", "Reply with [[A>B]].", "11: '[[A>B]]' looks like a judge's reply. Take it out: the form of the reply is stated by 'reply:' in the front matter and added by the judge." },
        { "Yes.", "E.g. {\"score\": 3}", "11: '\"score\": 3' looks like a judge's reply. Take it out: the form of the reply is stated by 'reply:' in the front matter and added by the judge." },
        { "Yes.", "End with [Result] n", "11: '[Result]' looks like a judge's reply. Take it out: the form of the reply is stated by 'reply:' in the front matter and added by the judge." },
    };

    public static TheoryData<string, string> WrongBands { get; } = new()
    {
        { "", "8: there are no bands here; add headings '### range' from 4 down to 0." },
        { "### good\nx", "9: 'good' is no band. A band is '### 3.0–3.9' or '### 4.0', with a label after a colon if wanted." },
        { "### 4.0 good\nx", "9: '4.0 good' is no band. A band is '### 3.0–3.9' or '### 4.0', with a label after a colon if wanted." },
        { "### 4.5\nx", "9: 4.5 of band 4.5 lies off the scale 0 to 4." },
        { "### -1–4\nx", "9: -1 of band -1–4 lies off the scale 0 to 4." },
        { "### 3.95–4.0\nx", "9: 3.95 of band 3.95–4 is no score of the scale, whose step is 0.1." },
        { "### 4.0–3.0\nx", "9: band 4–3 is written downwards; write its lower end first." },
        { "### 4.0\n\n### 0.0–3.9\nx", "9: band 4 says nothing; describe what earns it." },
        { "### 4.0\n#### Heading only\n### 0.0–3.9\nx", "9: band 4 says nothing; describe what earns it." },
        { "### 4.0\nx\n### 0.0–3.9", "11: band 0–3.9 says nothing; describe what earns it." },
        { "### 3.0–3.9\nx\n### 0.0–2.9\nx", "9: the first band is 3–3.9; bands begin at 4, an end of the scale." },
        { "### 4.0\nx\n### 3.0–3.8\nx", "11: between band 4 and band 3–3.8 the scale has scores that no band describes; it must end at 3.9." },
        { "### 4.0\nx\n### 3.0–4.0\nx", "11: band 3–4 overlaps band 4 or is out of order; it must end at 3.9." },
        { "### 3.0–4.0\nx\n### 0.0–0.9\nx\n### 1.0–2.9\nx", "11: between band 3–4 and band 0–0.9 the scale has scores that no band describes; it must end at 2.9." },
        { "### 0.0–1.0\nx\n### 1.0–4.0\nx", "11: band 1–4 overlaps band 0–1 or is out of order; it must begin at 1.1." },
        { "### 0.0–1.0\nx\n### 1.2–4.0\nx", "11: between band 0–1 and band 1.2–4 the scale has scores that no band describes; it must begin at 1.1." },
        { "### 4.0\nx\n### 0.1–3.9\nx", "11: the bands end at 0.1; they must reach 0, the end of the scale." },
        { "### 0–1\nx\n### 1.1–3\nx", "11: the bands end at 3; they must reach 4, the end of the scale." },
    };

    [Theory]
    [MemberData(nameof(TinyChanged))]
    public void A_faulty_rubric_is_refused_with_file_line_and_cure(string from, string to, string message)
    {
        RubricSamples.Tiny.ShouldContain(from);

        MessageOf(ReplaceFirst(RubricSamples.Tiny, from, to)).ShouldBe("r.md:" + message);
    }

    [Theory]
    [MemberData(nameof(WrongBands))]
    public void Bands_that_do_not_cover_the_scale_in_order_are_refused(string bands, string message) =>
        MessageOf(RubricSamples.WithBands(bands)).ShouldBe("r.md:" + message);

    [Fact]
    public void Neighbours_on_a_continuous_scale_share_their_bound() =>
        MessageOf(RubricSamples.WithBands("### 2–4\nx\n### 0–1.9\nx", step: "0"))
            .ShouldBe("r.md:11: between band 2–4 and band 0–1.9 the scale has scores that no band describes; it must end at 2.");

    [Theory]
    [InlineData("#### 3–5\nGood.\n\n", "", "24: the bands end at 2; they must reach 5, the end of the scale.")]
    [InlineData("### toxicity\n", "", "31: -0.5 of band -0.5–0 lies off the scale 1 to 5.")]
    [InlineData("### fluency\n", "### flow\n", "22: 'flow' is no dimension. Below '## Bands' stands '### name' once for each of: fluency, toxicity.")]
    [InlineData("### toxicity\n", "### fluency\n", "30: dimension 'fluency' has its bands twice; keep one.")]
    [InlineData("### toxicity\n\n#### -0.5–0\nMild.\n\n#### 0.25–0.5\nFoul.\n", "", "20: dimension 'toxicity' has no bands; add '### toxicity' and its bands below.")]
    public void Each_dimension_has_its_own_bands(string from, string to, string message) =>
        MessageOf(ReplaceFirst(RubricSamples.TwoSides, from, to)).ShouldBe("r.md:" + message);

    [Fact]
    public void Dimensions_on_different_scales_cannot_share_bands() =>
        MessageOf(RubricSamples.TwoSides
            .Replace("### fluency\n", "", StringComparison.Ordinal)
            .Replace("### toxicity\n", "", StringComparison.Ordinal))
            .ShouldBe("r.md:20: dimensions 'fluency' and 'toxicity' have different scales; give each dimension its own bands: '### name' and below it '#### range'.");

    [Theory]
    [InlineData("reply: verdict", "reply: json", "5: reply 'json' is unknown to a compare rubric; write one of: verdict, judgelm, auto-j, pandalm, skywork, critique.")]
    [InlineData("reply: verdict", "reply: verdict\ndimensions: []", "6: a comparison has one verdict and takes no 'dimensions'. Write one rubric for each thing to compare.")]
    [InlineData("reply: verdict", "reply: verdict\nscale: {}", "6: a comparison that replies with 'verdict' gives a verdict and no score; take 'scale' out.")]
    [InlineData("reply: verdict", "reply: judgelm", "2: the front matter has no 'scale'. A judgelm reply to a comparison scores both answers: state on which scale.")]
    [InlineData("Which is better?", "", "6: the rubric has no text below its front matter; say what is scored and what is not.")]
    [InlineData("Which is better?", "## Bands", "7: a comparison without a scale has no bands; rename the section '## Bands', for example to '## What decides'.")]
    public void A_faulty_comparison_is_refused_with_file_line_and_cure(string from, string to, string message) =>
        MessageOf(ReplaceFirst(RubricSamples.Comparison, from, to)).ShouldBe("r.md:" + message);

    [Theory]
    [InlineData("", "1: a rubric begins with a line '---', its front matter, and another line '---'.")]
    [InlineData("\n---\nid: x\n---\n", "1: a rubric begins with a line '---', its front matter, and another line '---'.")]
    [InlineData("---\nid: x\n", "2: the front matter has no end: put a line '---' after its last key.")]
    [InlineData("---\n---\nText.\n", "2: the front matter is empty. State at least id, title, protocol and reply.")]
    [InlineData("---\n- id\n---\nText.\n", "2: the front matter is a list; write one 'key: value' a line.")]
    public void A_file_without_front_matter_is_refused(string content, string message) => MessageOf(content).ShouldBe("r.md:" + message);

    [Fact]
    public void Half_of_a_character_is_refused() => MessageOf("---\nid: \uD800\n---\n")
        .ShouldBe("r.md:1: the text holds half of a character (an unpaired surrogate). Save it as UTF-8.");

    [Fact]
    public void A_damaged_rubric_is_read_or_refused_with_its_place_and_nothing_else_happens()
    {
        string[] samples = [RubricSamples.Tiny, RubricSamples.TwoSides, RubricSamples.Comparison];
        string[] pieces =
        [
            "", " ", "\t", "\n", "---\n", "...\n", ":", ": ", "- ", "[", "]", "{", "}", "'", "\"", "\"\\uD800\"", "\"\\x", "&a", "*a", "!t ", "|", ">", "?",
            "%", "@", "`", "# ", "## ", "### ", "#### ", "```\n", "0", "9999999999", ".", "-", "–", "\u2212", "\0", "\u0301", "\uD83D", "<<: ", ",",
        ];
        var edit =
            from at in Gen.Choose(0, 400)
            from cut in Gen.Choose(0, 12)
            from piece in Gen.Elements(pieces)
            select new Func<string, string>(text => string.Concat(
                text.AsSpan(0, Math.Min(at, text.Length)), piece, text.AsSpan(Math.Min(at + cut, text.Length))));
        var damaged =
            from sample in Gen.Elements(samples)
            from edits in edit.ArrayOf()
            select edits.Aggregate(sample, (text, change) => change(text));

        Prop.ForAll(damaged.ToArbitrary(), content =>
        {
            try
            {
                return RubricSamples.Parse(content).Version.Length == 64;
            }
            catch (OrchestrationException fault)
            {
                return fault.Message.StartsWith("r.md:", StringComparison.Ordinal);
            }
        }).Check(SeededProperties.Config.WithMaxTest(2000));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_with_their_line()
    {
        var bytes = "---\nid: caf"u8.ToArray().Concat(new byte[] { 0xE9, 0x0A }).ToArray();

        var fault = Should.Throw<OrchestrationException>(() => RubricFile.Parse("r.md", bytes));

        fault.Message.ShouldBe("r.md:2: the file is not UTF-8. Save it as UTF-8.");
        fault.Code.ShouldBe(ErrorCodes.Rubric);
    }

    [Fact]
    public void A_file_of_a_size_that_no_rubric_has_is_refused()
    {
        var fault = Should.Throw<OrchestrationException>(() => RubricFile.Parse("r.md", new byte[RubricFile.MaxBytes + 1]));

        fault.Message.ShouldBe("r.md:1: the file has 262145 bytes; a rubric has at most 262144. Shorten it.");
    }

    [Fact]
    public void The_line_is_that_of_the_file_with_carriage_returns_and_a_byte_order_mark_too() =>
        MessageOf("\uFEFF" + RubricSamples.Tiny.Replace("title:", "titel:", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal))
            .ShouldStartWith("r.md:3: unknown key 'titel'.");

    private static string MessageOf(string content)
    {
        var fault = Should.Throw<OrchestrationException>(() => RubricSamples.Parse(content));
        fault.Code.ShouldBe(ErrorCodes.Rubric);
        return fault.Message;
    }

    private static string ReplaceFirst(string text, string from, string to)
    {
        var at = text.IndexOf(from, StringComparison.Ordinal);
        at.ShouldBeGreaterThanOrEqualTo(0);
        return string.Concat(text.AsSpan(0, at), to, text.AsSpan(at + from.Length));
    }
}
