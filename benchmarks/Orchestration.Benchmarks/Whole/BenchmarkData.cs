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
    /// <param name="path">Where to.</param>
    /// <param name="rows">How many.</param>
    /// <param name="answerBytes">About how long answers are.</param>
    /// <param name="more">What an answer has at its end, by row.</param>
    public static string WritePairs(string path, int rows, int answerBytes, Func<int, string>? more = null)
    {
        var random = new Random(1);
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20);
        var prompt = "";
        for (var i = 0; i < rows; i++)
        {
            if (i % 4 == 0) prompt = Text(random, 70);
            file.Write(string.Create(CultureInfo.InvariantCulture,
                $"{{\"id\":\"p{i}\",\"prompt\":\"{prompt}\",\"answer\":\"{Text(random, answerBytes)}{more?.Invoke(i)}\",\"category\":\"c{i % 6}\",\"source\":\"m{i % 4}\",\"target\":{random.Next(101) / 10.0}}}\n"));
        }

        return path;
    }

    /// <summary>One row of ten recorded scores for each pair.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="rows">How many.</param>
    /// <param name="isTimedOut">Rows of which the first judge has no score.</param>
    public static string WriteRecorded(string path, int rows, Func<int, bool>? isTimedOut = null)
    {
        var random = new Random(2);
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), 1 << 20);
        for (var i = 0; i < rows; i++)
        {
            file.Write(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":\"p{i}\",\"scores\":{{"));
            var isOut = isTimedOut?.Invoke(i) ?? false;
            for (var j = 0; j < Judges.Length; j++)
            {
                var score = random.Next(41) / 10.0;
                file.Write(string.Create(CultureInfo.InvariantCulture, $"{(j == 0 ? "" : ",")}\"{Judges[j]}\":{(isOut && j == 0 ? "null" : score)}"));
            }

            file.Write(isOut ? $"}},\"unscored\":{{\"{Judges[0]}\":\"timeout\"}}}}\n" : "}}\n");
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
