using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class RoundTripTests
{
    [Fact]
    public void Rows_of_any_text_come_back_as_they_were_from_json_and_from_csv()
    {
        Prop.ForAll(Rows().ToArbitrary(), rows =>
        {
            Read("pairs.jsonl", Json(rows, JavaScriptEncoder.Default)).ShouldBe(rows);
            Read("pairs.jsonl", Json(rows, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)).ShouldBe(rows);

            // CSV cannot tell an empty reference or context from none.
            Read("pairs.csv", Csv(rows)).ShouldBe(rows.Select(r => r with
            {
                Reference = r.Reference?.Length == 0 ? null : r.Reference,
                Context = r.Context?.Length == 0 ? null : r.Context,
            }));
        }).Check(SeededProperties.Config.WithMaxTest(60).WithQuietOnSuccess(true));
    }

    private static IReadOnlyList<Pair> Read(string name, string content)
    {
        using var folder = new IngestFolder();
        var path = folder.Write(name, content);
        var options = folder.Options(DataKind.Pairs, path) with { ChunkBytes = 256, RowsPerShard = 7 };
        folder.Run(options).GetAwaiter().GetResult().Rejected.ShouldBe(0);
        return folder.StoredPairs();
    }

    private static Gen<Pair[]> Rows()
    {
        var text = Text();
        var named = text.Where(t => t.Length != 0);
        var row = from prompt in text.Where(t => t.AsSpan().ContainsAnyExcept(" \t\r\n"))
                  from answer in text
                  from reference in Maybe(text)
                  from context in Maybe(text)
                  from grp in Maybe(named)
                  from category in Maybe(named)
                  from source in Maybe(named)
                  from target in Gen.OneOf(Gen.Constant<double?>(null), ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(d => (double?)d))
                  from id in text
                  select new Pair { Id = id, Prompt = prompt, Answer = answer, Reference = reference, Context = context, Group = grp ?? PairHash.Group(prompt), Category = category, Source = source, Target = target };
        return row.NonEmptyListOf().Select(rows => rows.Select((r, i) => r with { Id = $"{i}|{r.Id}" }).ToArray());
    }

    private static Gen<string?> Maybe(Gen<string> text) => Gen.OneOf(Gen.Constant<string?>(null), text.Select(t => (string?)t));

    /// <summary>Any characters but half surrogate pairs, with those that formats care about more often than chance has them.</summary>
    private static Gen<string> Text() => Gen.OneOf(
            Gen.Elements("\"", "\\", "\n", "\r\n", ",", "\0", "\u2028", "\uFEFF", "é", "😀", "{", "\"\"", " ", "\\u0041"),
            Gen.Choose(0, 0x10FFFF).Where(c => c is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32),
            Gen.Choose(32, 126).Select(c => ((char)c).ToString()))
        .ListOf().Select(parts => string.Concat(parts));

    private static string Json(Pair[] rows, JavaScriptEncoder encoder)
    {
        var options = new JsonSerializerOptions { Encoder = encoder };
        var content = new StringBuilder();
        foreach (var row in rows)
        {
            content.Append(JsonSerializer.Serialize(new Dictionary<string, object?>
            {
                ["id"] = row.Id,
                ["prompt"] = row.Prompt,
                ["answer"] = row.Answer,
                ["reference"] = row.Reference,
                ["context"] = row.Context,
                ["group"] = row.Group,
                ["category"] = row.Category,
                ["source"] = row.Source,
                ["target"] = row.Target,
            }, options)).Append('\n');
        }

        return content.ToString();
    }

    private static string Csv(Pair[] rows)
    {
        var content = new StringBuilder("id,prompt,answer,reference,context,group,category,source,target\n");
        foreach (var row in rows)
        {
            string?[] fields = [row.Id, row.Prompt, row.Answer, row.Reference, row.Context, row.Group, row.Category, row.Source, row.Target?.ToString("R", System.Globalization.CultureInfo.InvariantCulture)];
            content.AppendJoin(',', fields.Select(f => f is null ? "" : $"\"{f.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
        }

        return content.ToString();
    }
}
