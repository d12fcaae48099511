using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Routing.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Routing;

/// <summary><c>route train</c>, <c>eval</c>, <c>explain</c> and <c>replay</c> as somebody types them.</summary>
public sealed class RouteCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Training_writes_a_model_that_is_read_back_and_says_what_it_chose()
    {
        var (status, line) = await _cli.RunJsonAsync(["route", "train", "--matrix", Matrix(), "--out", _cli.At("sub/m.bin"), "--json"]);

        status.ShouldBe(0, _cli.Error);
        var model = RoutingModelFile.Load(_cli.At("sub/m.bin"));
        line.GetProperty("version").GetString().ShouldBe(model.Version);
        line.GetProperty("features_version").GetString().ShouldBe(model.Features.Version);
        line.GetProperty("rows").GetInt32().ShouldBe(240);
        line.GetProperty("embeddings").ValueKind.ShouldBe(JsonValueKind.Null);
        line.GetProperty("best_single").GetString().ShouldBe("clerk");
        line.GetProperty("tasks").EnumerateArray().Select(static t => t.GetString()).ShouldBe(["code", "office", "poetry"]);
        line.GetProperty("means").GetArrayLength().ShouldBe(3);
        _cli.Out.ShouldContain(line.GetProperty("choice").GetString()!);
        _cli.Out.ShouldContain("It abstains where a prompt looks less like its task than 4% of the history's own.");

        // The same rows and seed give the same bytes.
        (await _cli.RunAsync(["route", "train", "--matrix", _cli.At("matrix.jsonl"), "--out", _cli.At("again.bin")])).ShouldBe(0);
        (await File.ReadAllBytesAsync(_cli.At("again.bin"), Stop)).ShouldBe(await File.ReadAllBytesAsync(_cli.At("sub/m.bin"), Stop));
    }

    [Fact]
    public async Task Evaluating_ends_with_what_scripts_read_and_beats_the_best_single_expert()
    {
        var (status, line) = await _cli.RunJsonAsync(["route", "eval", "--matrix", Matrix(costs: true), "--policy", "auto", "cheapest=0.5", "always=poet", "--resamples", "60", "--json"]);

        status.ShouldBe(0, _cli.Error);
        string[] names = [.. line.EnumerateObject().Select(static p => p.Name)];
        foreach (var name in new[] { "policy", "quality", "cost", "apgr", "cpt50", "aiq", "baselines" }) names.ShouldContain(name);
        line.GetProperty("policy").GetString().ShouldBe("auto");
        var baselines = line.GetProperty("baselines");
        foreach (var name in new[] { "best_single", "random", "task_table", "oracle" }) baselines.GetProperty(name).GetDouble().ShouldBeInRange(0, 1);
        var quality = line.GetProperty("quality").GetDouble();
        quality.ShouldBeGreaterThan(baselines.GetProperty("best_single").GetDouble() + 0.1);
        quality.ShouldBeLessThanOrEqualTo(baselines.GetProperty("oracle").GetDouble());
        baselines.GetProperty("random").GetDouble().ShouldBeLessThan(baselines.GetProperty("best_single").GetDouble());
        line.GetProperty("cost").GetDouble().ShouldBeInRange(0.001, 0.003);
        line.GetProperty("aiq").GetDouble().ShouldBeInRange(0, 1);
        line.GetProperty("apgr").ValueKind.ShouldBe(JsonValueKind.Null, "it is of two experts");
        var routers = line.GetProperty("routers").EnumerateArray().ToDictionary(static r => r.GetProperty("name").GetString()!);
        routers.Keys.ShouldBe(["auto", "cheapest=0.5", "always=poet", "best_single", "random", "prompt_length", "task_table", "oracle"], ignoreOrder: true);
        routers["cheapest=0.5"].GetProperty("cost").GetProperty("value").GetDouble().ShouldBeLessThanOrEqualTo(routers["auto"].GetProperty("cost").GetProperty("value").GetDouble());
        var interval = routers["auto"].GetProperty("quality");
        interval.GetProperty("lower").GetDouble().ShouldBeLessThan(quality);
        interval.GetProperty("upper").GetDouble().ShouldBeGreaterThan(quality);
        _cli.Out.ShouldContain("task_table is told each prompt's group");
    }

    [Fact]
    public async Task Of_two_experts_there_is_an_APGR_and_without_costs_there_is_none_of_cost()
    {
        var (status, line) = await _cli.RunJsonAsync(["route", "eval", "--matrix", Matrix(experts: 2), "--resamples", "40", "--draws", "2", "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("apgr").GetDouble().ShouldBeGreaterThan(0.5);
        line.GetProperty("cpt50").GetDouble().ShouldBeInRange(0, 1);
        foreach (var name in new[] { "cost", "aiq", "routerarena" }) line.GetProperty(name).ValueKind.ShouldBe(JsonValueKind.Null);
        _cli.Out.ShouldContain("--prices FILE estimates them");

        var prices = _cli.Write("prices.jsonl", """{"model":"coder","usd_per_mtok_in":1,"usd_per_mtok_out":2}""", """{"model":"poet","usd_per_mtok_in":3,"usd_per_mtok_out":4}""");
        (status, line) = await _cli.RunJsonAsync(["route", "eval", "--matrix", _cli.At("matrix.jsonl"), "--resamples", "40", "--prices", prices, "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("cost").GetDouble().ShouldBeInRange(256 * 2e-6, 256 * 4e-6 + 1e-4);
        line.GetProperty("routerarena").GetDouble().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Rows_to_train_on_may_be_others_and_whole_groups_may_be_left_out()
    {
        var (matrix, train) = (Matrix(), Matrix(seed: 9, name: "train.jsonl"));
        var (status, line) = await _cli.RunJsonAsync(["route", "eval", "--matrix", matrix, "--train", train, "--resamples", "40", "--json"]);
        status.ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("trained on other rows");
        line.GetProperty("quality").GetDouble().ShouldBeGreaterThan(line.GetProperty("baselines").GetProperty("best_single").GetDouble());

        (status, line) = await _cli.RunJsonAsync(["route", "eval", "--matrix", matrix, "--leave-out", "--resamples", "40", "--json"]);
        status.ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("whole groups left out");
        line.GetProperty("routers")[0].GetProperty("abstained").GetDouble().ShouldBeGreaterThan(0.3, "nothing like a left-out task was seen");

        (await _cli.RunAsync(["route", "eval", "--matrix", matrix, "--train", train, "--leave-out"])).ShouldBe(2);
        _cli.Error.ShouldContain("exclude one another");
    }

    [Fact]
    public async Task A_model_explains_itself_from_the_command_line_and_from_standard_input()
    {
        await TrainAsync();

        var (status, line) = await _cli.RunJsonAsync(["route", "explain", "--model", _cli.At("m.bin"), "--prompt", "def return loop list index array compile stack class?", "--json"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("expert").GetString().ShouldBe("coder");
        line.GetProperty("task").GetString().ShouldBe("code");
        line.GetProperty("abstained").GetBoolean().ShouldBeFalse();
        line.GetProperty("policy_version").GetString()!.Length.ShouldBe(64);
        var candidates = line.GetProperty("candidates").EnumerateArray().ToArray();
        candidates.Select(static c => c.GetProperty("expert").GetString()).ShouldBe(["coder", "poet", "clerk"]);
        candidates.Sum(static c => c.GetProperty("probability").GetDouble()).ShouldBe(1);
        foreach (var candidate in candidates)
            candidate.GetProperty("quality").GetDouble().ShouldBeInRange(candidate.GetProperty("lower").GetDouble(), candidate.GetProperty("upper").GetDouble());

        (await _cli.RunAsync(["route", "explain", "--model", _cli.At("m.bin"), "--prompt", "-", "--policy", "always=poet"], "moon verse rhyme river?")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("poet is asked");
        (status, line) = await _cli.RunJsonAsync(["route", "explain", "--model", _cli.At("m.bin"), "--prompt", "Quark gluon plasma thermodynamics entropy vacuum neutrino", "--json"]);
        line.GetProperty("abstained").GetBoolean().ShouldBeTrue();
        line.GetProperty("rule").GetString().ShouldBe("abstained: nothing like it in the history");
    }

    [Fact]
    public async Task A_bandit_is_replayed_on_a_models_features_and_learns_more_by_them()
    {
        await TrainAsync();
        var other = Matrix(seed: 21, name: "other.jsonl", rows: 360);
        string[] replay = ["route", "replay", "--matrix", other, "--policy", "lin-ucb", "--runs", "3", "--json"];

        var (status, line) = await _cli.RunJsonAsync([.. replay, "--model", _cli.At("m.bin")]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("rows").GetInt32().ShouldBe(360);
        var trained = line.GetProperty("reward").GetProperty("mean").GetDouble();
        trained.ShouldBeGreaterThan(line.GetProperty("baselines").GetProperty("best_single").GetProperty("mean").GetDouble());
        _cli.Out.ShouldContain("It beats the best single expert");
        var (_, plain) = await _cli.RunJsonAsync(replay);
        trained.ShouldBeGreaterThan(plain.GetProperty("reward").GetProperty("mean").GetDouble(), "words that were learned from say more than those that were not");

        (status, line) = await _cli.RunJsonAsync([.. replay, "--history", _cli.At("matrix.jsonl"), "--history-weight", "0.5"]);
        status.ShouldBe(0, _cli.Error);
        line.GetProperty("reward").GetProperty("mean").GetDouble().ShouldBeGreaterThan(plain.GetProperty("reward").GetProperty("mean").GetDouble());
    }

    [Fact]
    public async Task Bad_rows_are_counted_and_written_down_and_the_good_ones_used()
    {
        var matrix = Matrix();
        await File.AppendAllTextAsync(matrix, "{\"id\":\"b1\",\"prompt\":\"x\",\"quality\":{\"coder\":1,\"poet\":2,\"clerk\":0}}\n{\"id\":\"h3\",\"prompt\":\"x\",\"quality\":{\"coder\":1,\"poet\":1,\"clerk\":0}}\nno json\n", Stop);

        var (status, line) = await _cli.RunJsonAsync(["route", "train", "--matrix", matrix, "--out", _cli.At("m.bin"), "--rejects", _cli.At("bad.jsonl"), "--json"]);

        status.ShouldBe(0, _cli.Error);
        line.GetProperty("rows").GetInt32().ShouldBe(240);
        _cli.Error.ShouldContain("3 rows rejected: see");
        _cli.Error.ShouldContain("from 0 to 1");
        File.ReadAllLines(_cli.At("bad.jsonl")).Length.ShouldBe(3);
        (await _cli.RunAsync(["route", "eval", "--matrix", matrix, "--resamples", "20", "--rejects", _cli.At("bad2.jsonl")])).ShouldBe(0, _cli.Error);
        File.ReadAllLines(_cli.At("bad2.jsonl")).Length.ShouldBe(3);
        (await _cli.RunAsync(["route", "replay", "--matrix", matrix, "--runs", "1"])).ShouldBe(0);
        _cli.Error.ShouldContain("3 bad rows left out");
    }

    [Theory]
    [InlineData("train --matrix none.jsonl --out m.bin", "none.jsonl")]
    [InlineData("train --matrix empty.jsonl --out m.bin", "empty.jsonl")]
    [InlineData("train --matrix few.jsonl --out m.bin", "at least 20 different prompts")]
    [InlineData("train --matrix matrix.jsonl --out m.bin --kind magic", "There is no kind of routing model 'magic'")]
    [InlineData("train --matrix matrix.jsonl --out matrix.jsonl/m.bin", "cannot be written")]
    [InlineData("train --matrix matrix.jsonl", "--out")]
    [InlineData("eval", "Name a routing matrix with --matrix")]
    [InlineData("eval --matrix matrix.jsonl --policy magic", "--policy magic: write auto")]
    [InlineData("eval --matrix matrix.jsonl --policy always=nobody", "no expert of that name. There are: coder, poet, clerk")]
    [InlineData("eval --matrix matrix.jsonl --policy cheapest=7", "from 0 to 1")]
    [InlineData("eval --matrix matrix.jsonl --folds 1", "--folds 1: 2 to 100")]
    [InlineData("eval --matrix matrix.jsonl --draws 0", "--draws 0")]
    [InlineData("eval --matrix matrix.jsonl --prices none.jsonl", "none.jsonl")]
    [InlineData("eval --matrix matrix.jsonl --ledger matrix.jsonl", "exclude one another")]
    [InlineData("explain --model none.bin --prompt x", "none.bin cannot be read")]
    [InlineData("explain --model matrix.jsonl --prompt x", "matrix.jsonl")]
    [InlineData("explain --model damaged.bin --prompt x", "damaged.bin")]
    [InlineData("replay --matrix none.jsonl", "none.jsonl")]
    [InlineData("replay --matrix matrix.jsonl --model none.bin", "none.bin cannot be read")]
    [InlineData("replay --matrix matrix.jsonl --model damaged.bin", "damaged.bin")]
    [InlineData("replay --matrix matrix.jsonl --runs 0", "--runs")]
    [InlineData("replay --matrix matrix.jsonl --policy best", "best")]
    public async Task What_is_wrong_is_told_with_its_name_and_status_2(string command, string message)
    {
        Matrix();
        await TrainAsync();
        _cli.Write("few.jsonl", [.. File.ReadLines(_cli.At("matrix.jsonl")).Take(12)]);
        await File.WriteAllTextAsync(_cli.At("empty.jsonl"), "", Stop);
        var bytes = await File.ReadAllBytesAsync(_cli.At("m.bin"), Stop);
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(_cli.At("damaged.bin"), bytes, Stop);

        string[] arguments = [.. command.Split(' ').Select(a => a.EndsWith(".jsonl", StringComparison.Ordinal) || a.EndsWith(".bin", StringComparison.Ordinal) ? _cli.At(a) : a)];
        (await _cli.RunAsync(["route", .. arguments])).ShouldBe(2, _cli.Out);
        _cli.Error.ShouldContain(message);
        _cli.Error.ShouldNotContain("   at Orchestration");
    }

    [Theory]
    [InlineData("train", "--matrix", "--out", "--embeddings", "--max-cost", "--abstain")]
    [InlineData("eval", "--matrix", "--ledger", "--leave-out", "--prices", "--embeddings")]
    [InlineData("explain", "--model", "--prompt", "--policy")]
    [InlineData("replay", "--matrix", "--model", "--delay", "--drift", "--history")]
    public async Task Each_command_explains_its_options(string command, params string[] options)
    {
        (await _cli.RunAsync(["route", command, "--help"])).ShouldBe(0);
        foreach (var option in options) _cli.Out.ShouldContain(option);
        _cli.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("train", "--kind auto --inner-folds 20 --clusters 200")]
    [InlineData("eval", "--draws 500 --resamples 20")]
    [InlineData("replay", "--runs 1000")]
    public async Task Interrupted_it_ends_with_status_130_and_writes_nothing(string command, string more)
    {
        var matrix = Matrix(rows: 3000);
        await File.AppendAllTextAsync(matrix, "no json\n", Stop);
        string[] output = command == "train" ? ["--out", _cli.At("m.bin")] : [];
        using var run = new ProcessRun(_cli.Folder, ["route", command, "--matrix", matrix, .. output, .. more.Split(' ')]);

        // The bad row is told when all rows are read: what comes then takes long.
        while (!run.ErrorSoFar.Contains("no JSON", StringComparison.OrdinalIgnoreCase) && !run.ErrorSoFar.Contains("The first", StringComparison.OrdinalIgnoreCase))
        {
            run.Exited.IsCompleted.ShouldBeFalse(run.ErrorSoFar);
            await Task.Yield();
        }

        run.Interrupt();
        (await run.ExitAsync()).ShouldBe(ExitStatus.Interrupted, run.ErrorSoFar);
        (await run.Error).ShouldContain("interrupted");
        File.Exists(_cli.At("m.bin")).ShouldBeFalse();
        (await run.Out).ShouldBeEmpty();
    }

    private async Task TrainAsync() => (await _cli.RunAsync(["route", "train", "--matrix", Matrix(), "--out", _cli.At("m.bin"), "--clusters", "6", "--neighbours", "20"])).ShouldBe(0, _cli.Error);

    /// <summary>Three tasks, each with an expert of its own; the clerk is fair at everything.</summary>
    private string Matrix(int rows = 240, int seed = 1, bool costs = false, int experts = 3, string name = "matrix.jsonl")
    {
        string[][] words =
        [
            ["def", "return", "loop", "list", "index", "array", "compile", "stack", "class", "bug", "function", "python"],
            ["moon", "verse", "rhyme", "river", "sorrow", "petal", "ode", "song", "night", "whisper", "dusk", "sonnet"],
            ["invoice", "ledger", "tax", "audit", "refund", "receipt", "deadline", "form", "budget", "vat", "payroll", "quarter"],
        ];
        (string[] tasks, string[] names) = (["code", "poetry", "office"], ["coder", "poet", "clerk"]);
        var random = new Random(seed);
        return _cli.Write(name, [.. Enumerable.Range(0, rows).Select(i =>
        {
            var task = i % 3;
            var prompt = string.Join(' ', Enumerable.Range(0, 9).Select(_ => words[task][random.Next(12)])) + "?";
            var quality = string.Join(',', names.Take(experts).Select((n, m) => $"\"{n}\":{(random.NextDouble() < (m == task ? 0.95 : m == 2 ? 0.6 : 0.2) ? 1 : 0)}"));
            var cost = costs ? ",\"cost\":{\"coder\":0.001,\"poet\":0.002,\"clerk\":0.003}" : "";
            return $"{{\"id\":\"h{i.ToString(CultureInfo.InvariantCulture)}\",\"prompt\":\"{prompt}\",\"group\":\"{tasks[task]}\",\"quality\":{{{quality}}}{cost}}}";
        })]);
    }
}
