using System.Text.RegularExpressions;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.House;

/// <summary>The README's table of rooms is the law: who may import whom.</summary>
public sealed class DoorsTests
{
    private const string RootNamespace = "Amps.Ocpp";

    /// <summary>The rooms of the table with the doors each lists.</summary>
    private static Dictionary<string, HashSet<string>> Table()
    {
        var rooms = new Dictionary<string, HashSet<string>>();
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "README.md")))
        {
            Match row = Regex.Match(line, @"^\| `(?<room>[A-Z]\w+)` \|[^|]*\| (?<doors>[^|]*) \|$");
            if (row.Success)
                rooms[row.Groups["room"].Value] = [.. Regex.Matches(row.Groups["doors"].Value, @"[A-Z]\w+").Select(match => match.Value)];
        }
        return rooms;
    }

    /// <summary>What each room really imports: namespaces of other rooms named anywhere in its files.</summary>
    private static Dictionary<string, Dictionary<string, string>> Imports(IReadOnlyCollection<string> rooms)
    {
        string source = Path.Combine(Repository.Root, "src", RootNamespace);
        var imports = new Dictionary<string, Dictionary<string, string>>();
        foreach (string room in rooms)
        {
            var used = imports[room] = [];
            foreach (string file in Directory.EnumerateFiles(Path.Combine(source, room), "*.cs", SearchOption.AllDirectories))
            {
                string code = Regex.Replace(File.ReadAllText(file), @"//.*$|""(\\.|[^""\\])*""", "", RegexOptions.Multiline);
                foreach (string other in rooms)
                {
                    bool named = Regex.IsMatch(code, $@"\bAmps\.Ocpp\.{other}\b") || Regex.IsMatch(code, $@"(?<![\w.]){other}\.[A-Z]\w*[ .(?;>,)]") && Directory.Exists(Path.Combine(source, other)) && IsNamespaceUse(code, other);
                    if (other != room && named)
                        used.TryAdd(other, Path.GetFileName(file));
                }
            }
        }
        return imports;
    }

    /// <summary>A relative namespace such as <c>Http.JsonBody</c>: the first word is a room and no member of the file has its name.</summary>
    private static bool IsNamespaceUse(string code, string room) =>
        Regex.Matches(code, $@"(?<![\w.]){room}\.(?<type>[A-Z]\w*)").Any(match =>
            AppDomainTypes.Value.Contains($"{RootNamespace}.{room}.{match.Groups["type"].Value}"));

    private static readonly Lazy<HashSet<string>> AppDomainTypes = new(() =>
        [.. typeof(Amps.Ocpp.Model.DeviceId).Assembly.GetTypes().Select(type => type.FullName!)]);

    [Fact]
    public void Every_folder_of_the_service_is_a_room_of_the_table()
    {
        string source = Path.Combine(Repository.Root, "src", RootNamespace);
        string[] folders = [.. Directory.EnumerateDirectories(source).Select(path => Path.GetFileName(path)!).Where(name => name is not ("bin" or "obj"))];
        Assert.Equal(folders.Order(), Table().Keys.Order());
    }

    [Fact]
    public void No_room_imports_a_room_that_its_row_does_not_list()
    {
        Dictionary<string, HashSet<string>> table = Table();
        IEnumerable<string> wrong =
            from room in Imports(table.Keys)
            from import in room.Value
            where !table[room.Key].Contains(import.Key)
            select $"{room.Key} imports {import.Key} in {import.Value}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_listed_door_is_used()
    {
        Dictionary<string, HashSet<string>> table = Table();
        Dictionary<string, Dictionary<string, string>> imports = Imports(table.Keys);
        IEnumerable<string> unused =
            from room in table
            from door in room.Value
            where !imports[room.Key].ContainsKey(door)
            select $"{room.Key} lists {door} and does not use it";
        Assert.Empty(unused);
    }

    [Fact]
    public void The_doors_make_no_circle()
    {
        Dictionary<string, HashSet<string>> table = Table();
        var done = new HashSet<string>();
        var path = new List<string>();
        foreach (string room in table.Keys)
            Walk(room);

        void Walk(string room)
        {
            Assert.False(path.Contains(room), $"circle: {string.Join(" -> ", path.Append(room))}");
            if (!done.Add(room))
                return;
            path.Add(room);
            foreach (string door in table[room])
                Walk(door);
            path.RemoveAt(path.Count - 1);
        }
    }
}
