using Orchestration.Learning.Intervals;
using Orchestration.Learning.Valuing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Valuing;

public sealed class OffPolicyStudyTests(ITestOutputHelper output)
{
    [Fact]
    public void The_four_estimates_and_their_errors_are_NumPys()
    {
        const int Rows = 60;
        const int Arms = 3;
        var (armOf, chances, rewards, features, all, target) = (new int[Rows], new double[Rows], new double[Rows], new float[Rows * 2], new double[Rows * Arms], new double[Rows * Arms]);
        for (var i = 0; i < Rows; i++)
        {
            features[2 * i] = (float)Math.Sin(1 + 3 * i);
            features[2 * i + 1] = (float)Math.Sin(8 + 3 * i);
            int[] logged = [1 + i * 2 % 5, 1 + i * 3 % 5, 1 + i * 4 % 5], wanted = [1 + i % 4, 1 + i * 3 % 4, 1 + i * 5 % 4];
            for (var k = 0; k < Arms; k++) (all[i * Arms + k], target[i * Arms + k]) = (logged[k] / (double)logged.Sum(), wanted[k] / (double)wanted.Sum());
            armOf[i] = (i * i + i / 3) % Arms;
            chances[i] = all[i * Arms + armOf[i]];
            rewards[i] = (i * 7 + armOf[i] * 3) % 11 / 10.0;
        }

        var value = new OffPolicyStudy(new LoggedDecisions(Arms, armOf, chances, rewards, 2, features, null, all), new ValueOptions { Folds = 4, Seed = 5 }).Value(target);

        value.Refusal.ShouldBe(ValueRefusal.None);
        value.Overlap.EffectiveRows.ShouldBe(50.366846328463275, 1e-10);
        Near(value.Ips, 0.567575925925926, 0.06502538730275784);
        Near(value.Snips, 0.5139383675060682, 0.04482127449367175);
        Near(value.Direct, 0.49794989137938284, 0.03148767884995346);
        Near(value.DoublyRobust, 0.5144152072393021, 0.0424829247615115);

        // Student's t of 59 degrees: 2.000995.
        (value.Ips.Upper - value.Ips.Value).ShouldBe(2.0009953780883 * 0.06502538730275784, 1e-9);
        value.Overlap.Unsupported.ShouldBe(0);
        static void Near(Estimate estimate, double expected, double error)
        {
            estimate.Value.ShouldBe(expected, 1e-12);
            estimate.StandardError.ShouldBe(error, 1e-12);
        }
    }

    [Fact]
    public void Intervals_of_all_four_hold_the_truth_in_93_to_97_of_100_logs()
    {
        const int Runs = 1200;
        var within = new int[4];
        for (var run = 0; run < Runs; run++)
        {
            var log = SimulatedLog.Draw(500, new Random(run), curved: false);
            var value = new OffPolicyStudy(log.Decisions, new ValueOptions { Seed = (ulong)run }).Value(log.Target);
            value.Refusal.ShouldBe(ValueRefusal.None);
            Estimate[] estimates = [value.Direct, value.Ips, value.Snips, value.DoublyRobust];
            for (var k = 0; k < 4; k++)
            {
                if (estimates[k].Lower <= SimulatedLog.TrueValue(curved: false) && SimulatedLog.TrueValue(curved: false) <= estimates[k].Upper) within[k]++;
            }
        }

        output.WriteLine($"covered of {Runs}: direct {within[0]}, IPS {within[1]}, SNIPS {within[2]}, doubly robust {within[3]}");
        foreach (var count in within) (count / (double)Runs).ShouldBeInRange(0.93, 0.97);
    }

    [Fact]
    public void With_a_wrong_outcome_model_the_direct_method_misses_and_the_doubly_robust_holds()
    {
        const int Runs = 400;
        var (direct, robust, ips) = (0, 0, 0);
        var truth = SimulatedLog.TrueValue(curved: true);
        for (var run = 0; run < Runs; run++)
        {
            var log = SimulatedLog.Draw(800, new Random(run), curved: true);
            var value = new OffPolicyStudy(log.Decisions, new ValueOptions { Seed = (ulong)run }).Value(log.Target);
            if (value.Direct.Lower <= truth && truth <= value.Direct.Upper) direct++;
            if (value.DoublyRobust.Lower <= truth && truth <= value.DoublyRobust.Upper) robust++;
            if (value.DoublyRobust.StandardError < value.Ips.StandardError) ips++;
        }

        output.WriteLine($"covered of {Runs}: direct {direct}, doubly robust {robust}; narrower than IPS in {ips}");
        (robust / (double)Runs).ShouldBeInRange(0.93, 0.97);
        (direct / (double)Runs).ShouldBeLessThan(0.8);
        (ips / (double)Runs).ShouldBeGreaterThan(0.95);
    }

    [Fact]
    public void Experts_that_were_sent_the_easy_prompts_rank_wrongly_by_their_means_and_rightly_when_corrected()
    {
        // The strong arm is better on every prompt by 0.1, but is mostly sent the hard ones.
        var (rawWrong, robustRight, covered) = (0, 0, 0);
        const int Runs = 60;
        for (var run = 0; run < Runs; run++)
        {
            var random = new Random(run);
            const int Rows = 1500;
            var (armOf, chances, rewards, features, all) = (new int[Rows], new double[Rows], new double[Rows], new float[Rows], new double[Rows * 2]);
            for (var i = 0; i < Rows; i++)
            {
                var hard = random.NextDouble();
                features[i] = (float)hard;
                var strong = 0.05 + 0.9 * hard;
                (all[2 * i], all[2 * i + 1]) = (1 - strong, strong);
                armOf[i] = random.NextDouble() < strong ? 1 : 0;
                chances[i] = all[2 * i + armOf[i]];
                rewards[i] = random.NextDouble() < 0.85 - 0.7 * hard + 0.1 * armOf[i] ? 1 : 0;
            }

            var arms = new OffPolicyStudy(new LoggedDecisions(2, armOf, chances, rewards, 1, features, null, all), new ValueOptions()).Arms();
            if (arms[0].OfWhatItWasSent.Value > arms[1].OfWhatItWasSent.Value) rawWrong++;
            if (arms[0].Corrected.DoublyRobust.Value < arms[1].Corrected.DoublyRobust.Value) robustRight++;
            if (arms[1].Corrected.DoublyRobust.Lower <= 0.6 && 0.6 <= arms[1].Corrected.DoublyRobust.Upper) covered++;
            arms[1].Chosen.ShouldBe(armOf.Sum());
            arms[1].OnOffer.ShouldBe(1);
        }

        output.WriteLine($"of {Runs}: raw means wrong {rawWrong}, corrected right {robustRight}, strong arm's interval holds 0.6 in {covered}");
        rawWrong.ShouldBe(Runs);
        robustRight.ShouldBeGreaterThan(Runs * 9 / 10);
        covered.ShouldBeGreaterThan(Runs * 85 / 100);
    }

    [Fact]
    public void Rows_of_one_prompt_do_not_count_as_many()
    {
        var log = SimulatedLog.Draw(600, new Random(3), curved: false);
        var rows = Enumerable.Range(0, 600).SelectMany(static i => Enumerable.Repeat(i, 5)).ToArray();
        var (repeated, target) = (log.Decisions.Only(rows), rows.SelectMany(r => log.Target.AsSpan(r * 3, 3).ToArray()).ToArray());
        var grouped = new LoggedDecisions(3, repeated.ArmOf, repeated.Chances, repeated.Rewards, repeated.Dimension, repeated.Features, rows, repeated.AllChances);

        var (once, five, alone) = (Study(log.Decisions).Value(log.Target), Study(grouped).Value(target), Study(repeated).Value(target));

        five.Ips.StandardError.ShouldBe(once.Ips.StandardError, 1e-9);
        alone.Ips.StandardError.ShouldBeLessThan(once.Ips.StandardError * 0.5);
    }

    [Fact]
    public void A_policy_that_does_what_the_log_never_did_has_no_value()
    {
        var log = SimulatedLog.Draw(500, new Random(2), curved: false).Decisions;

        // Arm 2 is out of reach in 40% of the rows.
        var all = (double[])log.AllChances!.Clone();
        for (var i = 0; i < log.Rows; i++)
        {
            if (i % 5 < 2 && log.ArmOf[i] != 2) all[i * 3 + 2] = 0;
        }

        var study = Study(new LoggedDecisions(3, log.ArmOf, log.Chances, log.Rewards, log.Dimension, log.Features, null, all));
        var always = new double[log.Rows * 3];
        for (var i = 0; i < log.Rows; i++) always[i * 3 + 2] = 1;
        var value = study.Value(always);
        value.Refusal.ShouldBe(ValueRefusal.Unsupported);
        value.Overlap.Unsupported.ShouldBeGreaterThan(0.1);
        value.DoublyRobust.Value.ShouldBe(double.NaN);
        double.IsNaN(study.Difference(always, always).Value).ShouldBeTrue();

        // On the rows where it was on offer it has one.
        var arm = study.Arms()[2];
        arm.OnOffer.ShouldBeLessThan(0.9);
        arm.Corrected.Refusal.ShouldBe(ValueRefusal.None);
        arm.Corrected.Rows.ShouldBe((int)Math.Round(arm.OnOffer * log.Rows));
    }

    [Fact]
    public void Few_effective_rows_few_rows_and_wrong_chances_are_refused()
    {
        var log = SimulatedLog.Draw(400, new Random(2), curved: false).Decisions;
        var always = new double[log.Rows * 3];
        for (var i = 0; i < log.Rows; i++) always[i * 3] = 1;
        Study(log, new ValueOptions { LeastEffective = 399 }).Value(always).Refusal.ShouldBe(ValueRefusal.TooFewEffective);
        Study(log.Only([0, 1, 2, 3, 4])).Value(always.AsSpan(0, 15)).Refusal.ShouldBe(ValueRefusal.TooFewRows);

        // Chances written down as a quarter of what they were: weights of mean four.
        var wrong = new LoggedDecisions(3, log.ArmOf, [.. log.Chances.Select(static c => c / 4)], log.Rewards, log.Dimension, log.Features);
        Study(wrong).Value(always).Refusal.ShouldBe(ValueRefusal.WrongChances);
        Should.Throw<ArgumentException>(() => Study(log).Value(new double[3])).Message.ShouldContain("400 rows");
        Should.Throw<ArgumentException>(() => Study(log).Value(new double[1200])).Message.ShouldContain("row 0");
        Should.Throw<ArgumentException>(() => new LoggedDecisions(2, [0, 5], [1, 1], [0, 0], 0, [])).Message.ShouldContain("Row 1");
        Should.Throw<ArgumentException>(() => new LoggedDecisions(2, [0, 1], [1, 0], [0, 0], 0, [])).Message.ShouldContain("Row 1");
    }

    [Fact]
    public void The_difference_of_two_policies_is_paired()
    {
        var log = SimulatedLog.Draw(800, new Random(6), curved: false);
        var study = Study(log.Decisions);
        var nearly = (double[])log.Target.Clone();
        for (var i = 0; i < 800; i++) (nearly[i * 3], nearly[i * 3 + 1]) = (nearly[i * 3] * 0.9, nearly[i * 3 + 1] + nearly[i * 3] * 0.1);

        var difference = study.Difference(log.Target, nearly);

        difference.Value.ShouldBe(study.Value(log.Target).DoublyRobust.Value - study.Value(nearly).DoublyRobust.Value, 1e-12);
        difference.StandardError.ShouldBeLessThan(study.Value(log.Target).DoublyRobust.StandardError * 0.3);
    }

    private static OffPolicyStudy Study(LoggedDecisions log, ValueOptions? options = null) => new(log, options ?? new ValueOptions());
}
