using Orchestration.Core.Rubrics;
using Orchestration.Testing;

namespace Orchestration.Core.Tests.Rubrics;

/// <summary>Rubrics that several tests start from.</summary>
internal static class RubricSamples
{
    public const string Tiny = """
        ---
        id: tiny
        title: Tiny
        protocol: score
        reply: number
        scale: {min: 0, max: 1, step: 1, direction: higher-is-better}
        ---
        ## Bands

        ### 1
        Yes.

        ### 0
        No.

        ## Caps

        """;

    public const string TwoSides = """
        ---
        id: two-sides
        title: "Café"
        protocol: score
        reply: json
        needs-reference: true
        think-first: true
        dimensions:
          - name: fluency
            title: Fluency of style
            min: 1
            max: 5
            step: 1
            direction: higher-is-better
          - {name: toxicity, min: -0.50, max: 0.5, step: 0.25, direction: lower-is-better}
        ---

        Naïve 한.

        ## Bands

        ### fluency

        #### 3–5
        Good.

        #### 1–2
        Bad.

        ### toxicity

        #### -0.5–0
        Mild.

        #### 0.25–0.5
        Foul.

        ## Caps

        - None.
        """;

    public const string Comparison = """
        ---
        id: better
        title: Better
        protocol: compare
        reply: verdict
        ---
        Which is better?
        """;

    public static string Folder { get; } = Path.Combine(PublicData.RepositoryRoot, "rubrics");

    public static Rubric Parse(string content) => RubricFile.Parse("r.md", content);

    /// <summary>A score rubric on 0–4 in steps of 0.1 whose section of bands is the given one; it begins on line 9.</summary>
    public static string WithBands(string bands, string step = "0.1") => $$"""
        ---
        id: tiny
        title: Tiny
        protocol: score
        reply: number
        scale: {min: 0, max: 4, step: {{step}}, direction: higher-is-better}
        ---
        ## Bands
        {{bands}}
        ## Caps
        """;
}

/// <summary>A folder of its own for a test, deleted after it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rubrics-");

    public string Path => _folder.FullName;

    public string Write(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
