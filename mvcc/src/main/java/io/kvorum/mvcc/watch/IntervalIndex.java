package io.kvorum.mvcc.watch;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.KeyRange;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Key ranges, each with its watchers, that answer which of them contain a key.
///
/// An AVL tree ordered by (start, end) in which every node also knows the greatest end below it, so
/// that a search leaves out subtrees that end before the key. With n ranges of which k match:
/// adding and removing cost O(log n), finding O(min(n, k log n)). Recursion is as deep as the tree,
/// at most 1.45 log n.
final class IntervalIndex {
  private static final Comparator<ByteString> KEY_ORDER =
      ByteString.unsignedLexicographicalComparator();

  private @Nullable Node root;
  private int size;

  /// The group of exactly this range, added if there is none.
  WatcherGroup groupOf(KeyRange range) {
    for (Node node = root; node != null; ) {
      int order = compare(range, node.group.range());
      if (order == 0) {
        return node.group;
      }
      node = order < 0 ? node.left : node.right;
    }
    WatcherGroup group = new WatcherGroup(range);
    root = insert(root, group);
    size++;
    return group;
  }

  /// Removes the group of exactly this range, which must be there.
  void remove(KeyRange range) {
    root = remove(root, range);
    size--;
  }

  /// Hands over every group whose range contains `key`, in (start, end) order.
  void find(ByteString key, Consumer<WatcherGroup> found) {
    find(root, key, found);
  }

  int size() {
    return size;
  }

  int height() {
    return height(root);
  }

  private static void find(@Nullable Node node, ByteString key, Consumer<WatcherGroup> found) {
    if (node == null || !reaches(node.greatestEnd, key)) {
      return;
    }
    find(node.left, key, found);
    if (KEY_ORDER.compare(node.group.range().start(), key) <= 0) {
      if (reaches(node.group.range().end(), key)) {
        found.accept(node.group);
      }
      find(node.right, key, found);
    }
  }

  private static boolean reaches(Optional<ByteString> end, ByteString key) {
    return end.isEmpty() || KEY_ORDER.compare(key, end.get()) < 0;
  }

  private static Node insert(@Nullable Node node, WatcherGroup group) {
    if (node == null) {
      return new Node(group);
    }
    if (compare(group.range(), node.group.range()) < 0) {
      node.left = insert(node.left, group);
    } else {
      node.right = insert(node.right, group);
    }
    return balanced(node);
  }

  private static @Nullable Node remove(@Nullable Node node, KeyRange range) {
    if (node == null) {
      throw new IllegalArgumentException("no such range");
    }
    int order = compare(range, node.group.range());
    if (order < 0) {
      node.left = remove(node.left, range);
    } else if (order > 0) {
      node.right = remove(node.right, range);
    } else if (node.left == null) {
      return node.right;
    } else if (node.right == null) {
      return node.left;
    } else {
      node.group = first(node.right).group;
      node.right = remove(node.right, node.group.range());
    }
    return balanced(node);
  }

  private static Node first(Node node) {
    Node first = node;
    while (first.left != null) {
      first = first.left;
    }
    return first;
  }

  private static Node balanced(Node node) {
    int lean = height(node.left) - height(node.right);
    if (lean > 1 && node.left != null) {
      if (height(node.left.left) < height(node.left.right)) {
        node.left = rotatedLeft(node.left);
      }
      return rotatedRight(node);
    }
    if (lean < -1 && node.right != null) {
      if (height(node.right.right) < height(node.right.left)) {
        node.right = rotatedRight(node.right);
      }
      return rotatedLeft(node);
    }
    node.refresh();
    return node;
  }

  private static Node rotatedLeft(Node node) {
    Node top = node.right;
    if (top == null) {
      throw new IllegalStateException("nothing to rotate");
    }
    node.right = top.left;
    node.refresh();
    top.left = node;
    top.refresh();
    return top;
  }

  private static Node rotatedRight(Node node) {
    Node top = node.left;
    if (top == null) {
      throw new IllegalStateException("nothing to rotate");
    }
    node.left = top.right;
    node.refresh();
    top.right = node;
    top.refresh();
    return top;
  }

  private static int height(@Nullable Node node) {
    return node == null ? 0 : node.height;
  }

  private static int compare(KeyRange left, KeyRange right) {
    int byStart = KEY_ORDER.compare(left.start(), right.start());
    return byStart != 0 ? byStart : compareEnds(left.end(), right.end());
  }

  /// An absent end is greater than every key.
  private static int compareEnds(Optional<ByteString> left, Optional<ByteString> right) {
    if (left.isEmpty() || right.isEmpty()) {
      return Boolean.compare(left.isEmpty(), right.isEmpty());
    }
    return KEY_ORDER.compare(left.get(), right.get());
  }

  private static final class Node {
    private WatcherGroup group;
    private Optional<ByteString> greatestEnd;
    private @Nullable Node left;
    private @Nullable Node right;
    private int height = 1;

    private Node(WatcherGroup group) {
      this.group = group;
      this.greatestEnd = group.range().end();
    }

    private void refresh() {
      height = 1 + Math.max(height(left), height(right));
      greatestEnd = group.range().end();
      raiseEnd(left);
      raiseEnd(right);
    }

    private void raiseEnd(@Nullable Node child) {
      if (child != null && compareEnds(child.greatestEnd, greatestEnd) > 0) {
        greatestEnd = child.greatestEnd;
      }
    }
  }
}
