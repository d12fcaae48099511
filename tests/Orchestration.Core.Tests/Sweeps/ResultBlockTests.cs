using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Sweeps;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Sweeps;

public sealed class ResultBlockTests
{
    private static readonly string[] Reasons = ["unreadable", "off_scale", "zwölf Gründe", "x"];

    [Fact]
    public void A_block_gives_back_every_cell_bit_for_bit()
    {
        var cells = Gen.OneOf(
            ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(v => (Value: (double?)v, Reason: (string?)null)),
            Gen.Elements(Reasons).Select(r => (Value: (double?)null, Reason: (string?)r)));
        var tables =
            from rows in Gen.Choose(0, 40)
            from columns in Gen.Choose(1, 5)
            from values in cells.ArrayOf(rows * columns)
            select (rows, columns, values);

        Prop.ForAll(tables.ToArbitrary(), t =>
        {
            var table = new JudgmentTable(t.rows, t.columns);
            for (var i = 0; i < t.values.Length; i++)
            {
                var (row, column) = (i / t.columns, i % t.columns);
                if (t.values[i].Value is { } value) table.SetScored(row, column, value);
                else table.SetUnscored(row, column, t.values[i].Reason!);
            }

            var scores = Enumerable.Range(0, t.rows).Select(r => r % 3 == 0 ? double.NaN : r / 7.0).ToArray();
            var read = ResultBlock.Decode(ResultBlock.Encode(table, scores));

            read.Scores.ShouldBe(scores);
            for (var row = 0; row < t.rows; row++)
            {
                for (var column = 0; column < t.columns; column++)
                {
                    read.Table.IsScored(row, column).ShouldBe(table.IsScored(row, column));
                    read.Table.Reason(row, column).ShouldBe(table.Reason(row, column));
                    if (table.IsScored(row, column))
                        BitConverter.DoubleToInt64Bits(read.Table.Value(row, column)).ShouldBe(BitConverter.DoubleToInt64Bits(table.Value(row, column)));
                }
            }
        }).Check(SeededProperties.Config.WithMaxTest(200));
    }

    [Fact]
    public void A_table_with_a_cell_that_nobody_judged_is_not_encoded()
    {
        var table = new JudgmentTable(2, 1);
        table.SetScored(0, 0, 1);

        Should.Throw<ArgumentException>(() => ResultBlock.Encode(table, [])).Message.ShouldContain("never judged");
    }

    [Fact]
    public void A_damaged_block_says_so_and_names_the_cure()
    {
        var table = new JudgmentTable(50, 2);
        for (var row = 0; row < 50; row++)
        {
            table.SetScored(row, 0, row * 0.37);
            table.SetUnscored(row, 1, "unreadable");
        }

        var block = ResultBlock.Encode(table, []);
        for (var length = 0; length < block.Length; length++)
        {
            var cut = block[..length];
            Should.Throw<OrchestrationException>(() => ResultBlock.Decode(cut)).Code.ShouldBe(ErrorCodes.Store);
        }

        for (var at = 1; at < block.Length; at++)
        {
            var flipped = (byte[])block.Clone();
            flipped[at] ^= 0x10;
            Should.Throw<OrchestrationException>(() => ResultBlock.Decode(flipped)).Message.ShouldContain("damaged");
        }

        block[0] = 99;
        Should.Throw<OrchestrationException>(() => ResultBlock.Decode(block)).Message.ShouldContain("format 99");
    }
}
