using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class BlockTests
{
    [Fact]
    public async Task A_damaged_block_is_an_error_of_the_store_whichever_byte_it_is()
    {
        var shard = await OneShard();
        var copies = from section in new[] { true, false }
                     from index in Enumerable.Range(0, (section ? shard.Head : shard.Text).Length)
                     select (section, index);

        foreach (var (isHead, index) in copies)
        {
            var head = shard.Head.ToArray();
            var text = shard.Text.ToArray();
            (isHead ? head : text)[index] ^= 0x40;
            var error = Should.Throw<OrchestrationException>(() => DataBlock.Decode(shard with { Head = head, Text = text }).GetPair(0));
            error.Code.ShouldBe(ErrorCodes.Store);
            error.Message.ShouldContain("data shard 0");
        }
    }

    [Fact]
    public async Task A_block_that_was_cut_off_is_an_error_of_the_store()
    {
        var shard = await OneShard();

        for (var length = 0; length < shard.Head.Length; length += 3)
            Should.Throw<OrchestrationException>(() => DataBlock.Decode(shard with { Head = shard.Head[..length] })).Code.ShouldBe(ErrorCodes.Store);
        Should.Throw<OrchestrationException>(() => DataBlock.Decode(shard with { Text = [] }).GetPair(0)).Code.ShouldBe(ErrorCodes.Store);
    }

    [Fact]
    public async Task The_head_is_enough_for_everything_but_texts()
    {
        var shard = await OneShard();
        var block = DataBlock.Decode(new StoredShard(0, 0, shard.Rows, false, shard.Head, null, null));

        Encoding.UTF8.GetString(block.Id(1)).ShouldBe("b");
        block.Target(1).ShouldBe(2.5);
        block.Target(0).ShouldBeNull();
        block.TryGetCategory(0, out _).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => block.GetPair(0)).Message.ShouldContain("ShardParts.Text");
        Should.Throw<ArgumentException>(() => DataBlock.Decode(new StoredShard(0, 0, shard.Rows, false, null, null, null))).Message.ShouldContain("ShardParts.Head");
    }

    [Fact]
    public void Numbers_come_back_bit_for_bit()
    {
        var values = from length in Gen.Choose(0, 700)
                     from distinct in Gen.Choose(1, 400)
                     from bits in Gen.Choose(int.MinValue, int.MaxValue).ArrayOf(distinct)
                     select Enumerable.Range(0, length).Select(i => BitConverter.Int64BitsToDouble(((long)bits[i * 7 % distinct] << 32) ^ bits[i % distinct])).ToArray();

        Prop.ForAll(values.ToArbitrary(), column =>
        {
            var output = new ByteBuilder();
            NumberColumn.Write(output, column);
            var content = output.Written.ToArray();
            var reader = new BlockReader(content);
            NumberColumn.Skip(ref reader, column.Length);
            reader.Position.ShouldBe(content.Length);

            var read = new double[column.Length];
            reader = new BlockReader(content);
            NumberColumn.Read(ref reader, content, read);
            return read.Select(BitConverter.DoubleToInt64Bits).SequenceEqual(column.Select(BitConverter.DoubleToInt64Bits));
        }).Check(SeededProperties.Config.WithQuietOnSuccess(true));
    }

    [Fact]
    public void Texts_come_back_absent_ones_as_absent_and_empty_ones_as_empty()
    {
        var texts = from distinct in Gen.Choose(1, 600)
                    from length in Gen.Choose(0, 900)
                    from picks in Gen.Choose(-1, distinct).ArrayOf(length)
                    select picks.Select(p => p < 0 ? null : p == 0 ? "" : new string('é', p % 5) + p).ToArray();

        Prop.ForAll(texts.ToArbitrary(), column =>
        {
            var builder = new TextColumn();
            foreach (var text in column)
            {
                if (text is null) builder.AppendAbsent();
                else builder.Append(Encoding.UTF8.GetBytes(text));
            }

            var output = new ByteBuilder();
            builder.Write(output);
            var content = output.Written.ToArray();
            var reader = new BlockReader(content);
            var view = TextView.Read(ref reader, content, column.Length);
            reader.Position.ShouldBe(content.Length);
            return column.Select((_, row) => view.TryGet(row, out var text) ? Encoding.UTF8.GetString(text) : null).SequenceEqual(column);
        }).Check(SeededProperties.Config.WithQuietOnSuccess(true));
    }

    [Fact]
    public async Task A_judgment_table_gets_each_cell_of_a_recorded_column_also_with_hundreds_of_reasons()
    {
        using var folder = new IngestFolder();
        var pairs = folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(0, 1000).Select(i => $$"""{"id":"{{i}}","prompt":"p","answer":"a"}""")));
        var results = folder.Write("r.jsonl", string.Join('\n', Enumerable.Range(0, 1000).Where(i => i != 500).Select(i =>
            i % 2 == 0 ? $"{{\"id\":{i},\"scores\":{{\"x\":{i}}}}}" : $"{{\"id\":{i},\"unscored\":{{\"x\":\"reason {i % 800}\"}}}}")));

        await folder.Run(folder.Options(DataKind.Pairs, pairs) with { Recorded = [new RecordedFile(results)] });

        folder.Recorded("x").ShouldBe(Enumerable.Range(0, 1000).Select(i => i == 500 ? "not_recorded" : i % 2 == 0 ? (object)(double)i : $"reason {i % 800}"));
        folder.Blocks().Single().RecordedColumns.ShouldBe([new RecordedColumn("x", ColumnKind.Score, 0)]);
    }

    private static async Task<ShardData> OneShard()
    {
        using var folder = new IngestFolder();
        await folder.Pairs("""
            {"id":"a","prompt":"Why is the sky blue?","answer":"Because of scattering.","reference":"Scattering."}
            {"id":"b","prompt":"Why is the sky blue?","answer":"It reflects the sea.","category":"physics","target":2.5}
            """);
        return folder.Shards.ShouldHaveSingleItem();
    }
}
