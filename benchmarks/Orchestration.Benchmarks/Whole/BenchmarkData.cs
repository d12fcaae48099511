using System.Globalization;
using System.Text;

namespace Orchestration.Benchmarks.Whole;

/// <summary>Data of the project's own making, the same bytes every time.</summary>
internal static class BenchmarkData
{
    public static readonly string[] Judges =
        ["truthfulness", "harmlessness", "helpfulness", "honesty", "explanatory-depth", "instruction-following", "clarity", "conciseness", "logical-consistency", "creativity"];

    private static readonly string[] Words =
        ("the of and to in is that for it as was with be by on not he his but at are this have from or had an they which you were her all she there would their we him "
        + "been has when who will more no if out so said what up its about water light machine number answer question because measure result").Split(' ');

    /// <summary>Pairs whose answers have about so many bytes.</summary>
    public static string WritePairs(string path, int rows, int answerBytes)
    {
        var random = new Random(1);
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20);
        var prompt = "";
        for (var i = 0; i < rows; i++)
        {
            if (i % 4 == 0) prompt = Text(random, 70);
            file.Write(string.Create(CultureInfo.InvariantCulture,
                $"{{\"id\":\"p{i}\",\"prompt\":\"{prompt}\",\"answer\":\"{Text(random, answerBytes)}\",\"category\":\"c{i % 6}\",\"source\":\"m{i % 4}\",\"target\":{random.Next(101) / 10.0}}}\n"));
        }

        return path;
    }

    /// <summary>One row of ten recorded scores for each pair.</summary>
    public static string WriteRecorded(string path, int rows)
    {
        var random = new Random(2);
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20);
        for (var i = 0; i < rows; i++)
        {
            file.Write(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"p{i}\",\"scores\":{{"));
            for (var j = 0; j < Judges.Length; j++)
                file.Write(string.Create(CultureInfo.InvariantCulture, $"{(j == 0 ? "" : ",")}\"{Judges[j]}\":{random.Next(41) / 10.0}"));
            file.Write("}}\n");
        }

        return path;
    }

    private static string Text(Random random, int bytes)
    {
        var text = new StringBuilder();
        while (text.Length < bytes)
        {
            if (text.Length != 0) text.Append(random.Next(12) == 0 ? ". " : " ");
            text.Append(Words[random.Next(Words.Length)]);
        }

        return text.Append('.').ToString();
    }
}
